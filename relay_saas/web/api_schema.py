"""JSON schemas of the values in an address: the reference shows them, and the same words check requests."""

import re
from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import Any, Final

from django.utils.dateparse import parse_datetime

#: No parameter of ours is longer; a cursor is.
MAX_LENGTH: Final = 1_000
#: Beyond any count.
MAX_NUMBER: Final = 999_999_999
#: A character of a text: control characters are none.
_PLAIN: Final = r"[^\x00-\x1f\x7f]"
#: The same within a list with commas.
_ITEM: Final = r"[^\x00-\x1f\x7f,]"

Schema = Mapping[str, Any]


def text_schema() -> Schema:
    """Any text of one line."""
    return {"type": "string", "maxLength": MAX_LENGTH, "pattern": f"^{_PLAIN}*$"}


def address_schema() -> Schema:
    """An e-mail address; whether it can be mailed is for who reads it. U+FF20 is @ in full width."""
    pattern = f"^{_PLAIN}+[@\uff20]{_PLAIN}+$"
    return {"type": "string", "maxLength": MAX_LENGTH, "pattern": pattern}


def words_schema(words: Collection[str], most: int) -> Schema:
    """One or several of some words, with commas between them."""
    one = "|".join(word.replace(".", r"\.") for word in words)
    return {"type": "string", "maxLength": MAX_LENGTH, "pattern": f"^({one})(,({one})){{0,{most - 1}}}$"}


def texts_schema(most: int) -> Schema:
    """One or several texts, with commas between them."""
    return {
        "type": "string",
        "maxLength": MAX_LENGTH,
        "pattern": f"^{_ITEM}+(,{_ITEM}+){{0,{most - 1}}}$",
    }


def number_schema(default: int) -> Schema:
    """A whole number from 1; what is beyond the most that there can be is capped."""
    return {"type": "integer", "minimum": 1, "maximum": MAX_NUMBER, "default": default}


def fits(schema: Schema, text: str) -> bool:
    """Whether a value of the query is what `schema` says."""
    if schema["type"] == "integer":
        return _whole(text) and schema["minimum"] <= int(text) <= schema["maximum"]
    if "enum" in schema:
        return text in schema["enum"]
    if schema.get("format") == "date-time":
        return _moment(text)
    if not schema.get("minLength", 0) <= len(text) <= schema.get("maxLength", MAX_LENGTH):
        return False
    return "pattern" not in schema or _compiled(schema["pattern"]).fullmatch(text) is not None


def _whole(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= len(str(MAX_NUMBER))


def _moment(text: str) -> bool:
    try:
        # In an address a plus sign means a space.
        found = parse_datetime(text.replace(" ", "+"))
    except ValueError:
        return False
    return found is not None and found.tzinfo is not None


@lru_cache(maxsize=100)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)
