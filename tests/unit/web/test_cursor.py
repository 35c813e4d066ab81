"""Cursors come back as they were made, and nothing else is taken for one."""

from __future__ import annotations

import base64
import json

import pytest

from relay_saas.web.paging import BadCursor, Cursor, decode, encode


def made(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


@pytest.mark.parametrize("key", [(1,), ("2026-11-24T02:00:00.000001+00:00", 7), ("日本語", "b")])
def test_a_cursor_comes_back_as_it_was_made(key: tuple[str | int, ...]) -> None:
    cursor = Cursor(way="previous", key=key)
    assert decode(encode(cursor), columns=len(key)) == cursor


def test_a_cursor_needs_no_escaping_in_a_link() -> None:
    text = encode(Cursor(way="next", key=("?>~ÿ", 10**15)))
    assert text.replace("-", "").replace("_", "").isalnum()


@pytest.mark.parametrize(
    "text",
    [
        "!",
        "日本",
        "x" * 600,
        made("next"),
        made(5),
        made(None),
        made(["sideways", 1, 2]),
        made(["next", 1]),
        made(["next", 1, 2, 3]),
        made(["next", 1, None]),
        made(["next", 1, 2.5]),
        made(["next", True, 1]),
        made(["next", "a\0b", 1]),
        made([{}, 1, 2]),
        made({"next": 1}),
    ],
)
def test_what_we_did_not_make_is_refused(text: str) -> None:
    with pytest.raises(BadCursor):
        decode(text, columns=2)
