"""Reads request bodies as strict JSON (RFC 8259): bounded, one meaning only, storable as text."""

import json
import math
import re
from collections.abc import Mapping
from typing import IO, Any, Final, NoReturn

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from rest_framework.parsers import BaseParser

from relay_saas.web.errors import RelayError
from relay_saas.web.problems import FieldProblem, Text, pointer_to

MAX_DEPTH: Final = 8
#: Values and members of a whole document.
MAX_ITEMS: Final = 5_000
#: The same where a route takes up to a thousand things at once.
MAX_BULK_ITEMS: Final = 100_000
#: The closing quote may be missing: each start then costs one pass, not one for each quote behind it.
_STRING: Final = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)
_NESTING: Final = re.compile(rb"[\[\]{}]")

_BEYOND: Final = frozenset({"number_out_of_range", "too_deep"})
#: What is wrong with a body, by the code.
MESSAGES: Final[Mapping[str, Text]] = {
    "bad_json": _("The body is not valid JSON."),
    "bad_encoding": _("The body is not valid UTF-8."),
    "not_an_object": _("The body must be a JSON object."),
    "duplicate_member": _("A member stands in an object twice."),
    "number_out_of_range": _("A number is too large, or not a number at all."),
    "too_deep": _("The body is nested too deeply."),
    "too_many_items": _("The body holds too many values."),
    "body_too_large": _("The body is too large."),
    "nul_character": _("A text holds a NUL character."),
    "bad_unicode": _("A text holds half a character."),
}


def status_of(code: str) -> int:
    """The status that a code of MESSAGES comes with."""
    if code in _BEYOND:
        # It is JSON and means one thing, and is beyond what is taken.
        return 422
    return 413 if code in {"body_too_large", "too_many_items"} else 400


class BadBody(RelayError):
    """A body that is not read any further."""

    def __init__(self, code: str, pointer: str | None = None) -> None:
        message = MESSAGES[code]
        errors = [] if pointer is None else [FieldProblem(pointer=pointer, code=code, detail=message)]
        super().__init__(message, code=code, status=status_of(code), errors=errors)


class StrictJsonParser(BaseParser):
    """`application/json`; never reads more than DATA_UPLOAD_MAX_MEMORY_SIZE octets and one."""

    media_type = "application/json"
    max_items = MAX_ITEMS
    #: What may stand at the top.
    tops: tuple[type, ...] = (dict,)

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,  # noqa: ARG002
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """The document; raises BadBody."""
        limit = int(settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 0)
        declared = (parser_context or {})["request"].META.get("CONTENT_LENGTH") or "0"
        if not declared.isdecimal() or int(declared) > limit:
            raise BadBody("body_too_large")
        data = stream.read(limit + 1)
        if len(data) > limit:
            raise BadBody("body_too_large")
        return read_document(data, max_items=self.max_items, tops=self.tops)


class BulkJsonParser(StrictJsonParser):
    """The same for routes that take many things at once."""

    max_items = MAX_BULK_ITEMS


class BulkListParser(BulkJsonParser):
    """The same, where a list may stand at the top as well: other services' clients send one."""

    tops = (dict, list)


def read_object(data: bytes, *, max_items: int = MAX_ITEMS) -> dict[str, Any]:
    """The one JSON object in `data`; raises BadBody."""
    found: dict[str, Any] = read_document(data, max_items=max_items, tops=(dict,))
    return found


def read_document(data: bytes, *, max_items: int, tops: tuple[type, ...]) -> Any:
    """The one JSON document in `data`, which is one of `tops`; raises BadBody."""
    _measure(data, max_items)
    try:
        document = json.loads(
            data.decode("utf-8"),
            object_pairs_hook=_members,
            parse_float=_number,
            parse_int=_whole_number,
            parse_constant=_constant,
        )
    except UnicodeDecodeError as error:
        raise BadBody("bad_encoding") from error
    except ValueError as error:
        raise BadBody("bad_json") from error
    if not isinstance(document, tops):
        raise BadBody("not_an_object")
    _check_texts(document, "")
    return document


def _measure(data: bytes, max_items: int) -> None:
    """Refuse before parsing what would cost more memory or stack than a mail is worth."""
    structure = _STRING.sub(b"", data)
    if structure.count(b",") + structure.count(b"[") + structure.count(b"{") > max_items:
        raise BadBody("too_many_items")
    depth = 0
    for found in _NESTING.finditer(structure):
        depth += 1 if found[0] in b"[{" else -1
        if depth > MAX_DEPTH:
            raise BadBody("too_deep")


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise BadBody("duplicate_member")
    return members


def _number(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise BadBody("number_out_of_range")
    return value


def _whole_number(text: str) -> int:
    # A bigint has 19 digits; a text of thousands would be slow to read.
    if len(text) > 20 or not -(1 << 63) <= int(text) < 1 << 63:
        raise BadBody("number_out_of_range")
    return int(text)


def _constant(text: str) -> NoReturn:  # noqa: ARG001
    raise BadBody("number_out_of_range")


def _check_texts(value: Any, pointer: str) -> None:
    if isinstance(value, str):
        if "\0" in value:
            raise BadBody("nul_character", pointer)
        if not value.isascii() and any("\ud800" <= character <= "\udfff" for character in value):
            raise BadBody("bad_unicode", pointer)
    elif isinstance(value, dict):
        for name, member in value.items():
            _check_texts(name, pointer)
            _check_texts(member, pointer_to(pointer, name))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            _check_texts(item, pointer_to(pointer, index))
