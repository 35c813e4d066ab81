"""Cells are read by the kind of their field."""

import pytest

from campaigns.models import ContactField
from campaigns.services.field_values import BadValue, Value, read_value

Kind = ContactField.Kind


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        (" Ann\u3000", Kind.TEXT, "Ann"),
        ("two\r\nlines", Kind.TEXT, "two\nlines"),
        ("  ", Kind.TEXT, None),
        ("12345", Kind.NUMBER, 12345),
        ("12,345", Kind.NUMBER, 12345),
        ("１２３", Kind.NUMBER, 123),
        ("-1.50", Kind.NUMBER, -1.5),
        ("", Kind.NUMBER, None),
        ("2024-02-29", Kind.DATE, "2024-02-29"),
        ("2024/2/9", Kind.DATE, "2024-02-09"),
        ("2024年2月9日", Kind.DATE, "2024-02-09"),
        ("20240209", Kind.DATE, "2024-02-09"),
        ("2024-02-09 00:00:00", Kind.DATE, "2024-02-09"),
        ("YES", Kind.BOOLEAN, True),
        ("いいえ", Kind.BOOLEAN, False),
        ("○", Kind.BOOLEAN, True),
        ("0", Kind.BOOLEAN, False),
    ],
)
def test_a_value_is_read(text: str, kind: Kind, value: Value | None) -> None:
    assert read_value(text, kind) == value


@pytest.mark.parametrize(
    ("text", "kind", "code"),
    [
        ("1,23", Kind.NUMBER, "bad_number"),
        ("1e5", Kind.NUMBER, "bad_number"),
        ("1234567890123456", Kind.NUMBER, "bad_number"),
        ("2024/13/45", Kind.DATE, "bad_date"),
        ("2023-02-29", Kind.DATE, "bad_date"),
        ("09.02.2024", Kind.DATE, "bad_date"),
        ("2024113", Kind.DATE, "bad_date"),
        ("perhaps", Kind.BOOLEAN, "bad_boolean"),
        ("a\x00b", Kind.TEXT, "nul_character"),
        ("x" * 10_001, Kind.TEXT, "cell_too_long"),
    ],
)
def test_a_value_that_does_not_fit_is_refused(text: str, kind: Kind, code: str) -> None:
    with pytest.raises(BadValue) as refused:
        read_value(text, kind)
    assert refused.value.code == code
