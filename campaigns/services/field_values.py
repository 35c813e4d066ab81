"""Reads one cell as a value of a field's kind, as people in Japan and elsewhere write numbers and dates."""

import re
import unicodedata
from datetime import date
from typing import Final

from campaigns.models import ContactField
from relay_saas.mail.addresses import normalise_cell

Kind = ContactField.Kind
Value = str | int | float | bool

MAX_CHARACTERS: Final = 10_000
#: Digits that a number keeps exactly, here and in every JSON reader.
MAX_DIGITS: Final = 15
_NUMBER = re.compile(r"([+-]?)(\d+|\d{1,3}(?:,\d{3})+)(\.\d+)?", re.ASCII)
_DATE = re.compile(r"(\d{4})(?:[-/.年](\d{1,2})[-/.月](\d{1,2})日?|(\d\d)(\d\d))", re.ASCII)
#: Spreadsheets put midnight behind dates.
_TIME = re.compile(r"[T ]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?Z?$", re.ASCII)
_YES: Final = frozenset(("true", "yes", "y", "1", "on", "はい", "有", "あり", "○", "〇", "◯"))
_NO: Final = frozenset(("false", "no", "n", "0", "off", "いいえ", "無", "なし", "×", "✕"))


class BadValue(ValueError):
    """The cell does not fit the field's kind; `code` says how."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def read_value(text: str, kind: Kind) -> Value | None:
    """The value of a cell, None when it is empty; raises BadValue.

    Numbers may be grouped by thousands (12,345); dates come back as `YYYY-MM-DD`.
    """
    if "\x00" in text:
        raise BadValue("nul_character")
    if len(text) > MAX_CHARACTERS:
        raise BadValue("cell_too_long")
    if kind == Kind.TEXT:
        return text.replace("\r\n", "\n").replace("\r", "\n").strip(" \t\n\u3000\u00a0") or None
    plain = normalise_cell(unicodedata.normalize("NFKC", text))[0]
    return _READERS[kind](plain) if plain else None


def _number(text: str) -> int | float:
    found = _NUMBER.fullmatch(text)
    if found is None:
        raise BadValue("bad_number")
    sign, whole, fraction = found[1], found[2].replace(",", ""), found[3] or ""
    if len(whole.lstrip("0")) + len(fraction) > MAX_DIGITS:
        raise BadValue("bad_number")
    return float(sign + whole + fraction) if fraction else int(sign + whole)


def _date(text: str) -> str:
    found = _DATE.fullmatch(_TIME.sub("", text))
    if found is None:
        raise BadValue("bad_date")
    year, month, day = filter(None, found.groups())
    try:
        return date(int(year), int(month), int(day)).isoformat()
    except ValueError as error:
        raise BadValue("bad_date") from error


def _boolean(text: str) -> bool:
    word = text.casefold()
    if word in _YES:
        return True
    if word in _NO:
        return False
    raise BadValue("bad_boolean")


_READERS: Final = {Kind.NUMBER: _number, Kind.DATE: _date, Kind.BOOLEAN: _boolean}
