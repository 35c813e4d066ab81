"""What a value in an address may be, by the words of the reference."""

import pytest

from relay_saas.web.api_schema import (
    Schema,
    address_schema,
    fits,
    number_schema,
    text_schema,
    texts_schema,
    words_schema,
)

WORDS = words_schema(("queued", "domain.added"), most=2)
MOMENT = {"type": "string", "format": "date-time"}


@pytest.mark.parametrize(
    ("schema", "text"),
    [
        (text_schema(), ""),
        (text_schema(), "月刊ニュース"),
        (address_schema(), "hanako@example.jp"),
        (address_schema(), "hanako＠example.jp"),
        (number_schema(1), "999999999"),
        (WORDS, "queued"),
        (WORDS, "domain.added,queued"),
        (texts_schema(2), "a, b"),
        ({"type": "string", "enum": ["true", "false"]}, "true"),
        (MOMENT, "2026-11-24T09:00:00 09:00"),
    ],
)
def test_what_is_as_it_is_described_fits(schema: Schema, text: str) -> None:
    assert fits(schema, text)


@pytest.mark.parametrize(
    ("schema", "text"),
    [
        (text_schema(), "a\x00"),
        (text_schema(), "a\n"),
        (text_schema(), "x" * 1001),
        ({**text_schema(), "minLength": 1}, ""),
        (address_schema(), "hanako"),
        (address_schema(), "@example.jp"),
        (number_schema(1), "0"),
        (number_schema(1), "1.0"),
        (number_schema(1), "٣"),
        (number_schema(1), "9999999999"),
        (WORDS, ""),
        (WORDS, "queued,"),
        (WORDS, "domainxadded"),
        (WORDS, "queued,queued,queued"),
        (texts_schema(2), "a,,b"),
        ({"type": "string", "enum": ["true", "false"]}, "True"),
        (MOMENT, "2026-11-24T09:00:00"),
        (MOMENT, "2026-99-24T09:00:00Z"),
    ],
)
def test_what_is_not_does_not(schema: Schema, text: str) -> None:
    assert not fits(schema, text)
