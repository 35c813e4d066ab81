"""Problem details for HTTP APIs as values (RFC 9457); field errors are named by JSON pointer (RFC 6901)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from django.utils.functional import Promise

TYPE_PREFIX: Final = "urn:problem-type:relay:"

Text = str | Promise


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldProblem:
    """What is wrong with one value of the request."""

    #: JSON pointer into the request body, "/to/0/email"; empty for the whole body.
    pointer: str
    code: str
    detail: Text

    def document(self) -> dict[str, str]:
        """Return the entry of the `errors` list, in the active language."""
        return {"pointer": self.pointer, "code": self.code, "detail": str(self.detail)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One error as the caller meets it."""

    status: int
    code: str
    title: str
    detail: str
    instance: str
    request_id: str
    errors: tuple[FieldProblem, ...] = field(default=())

    def document(self) -> dict[str, Any]:
        """Return the members of the application/problem+json body."""
        return {
            "type": TYPE_PREFIX + self.code,
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "instance": self.instance,
            "code": self.code,
            "errors": [problem.document() for problem in self.errors],
            "request_id": self.request_id,
        }


def flatten(detail: Any) -> tuple[FieldProblem, ...]:
    """Return a serializer's nested errors as a flat list, in their order.

    `detail` is what DRF's ValidationError holds: messages with a `code`, in lists, under names or indices.
    """
    return tuple(_walk(detail, ""))


def pointer_to(parent: str, step: object) -> str:
    """Return the JSON pointer of `step` (a name or an index) under `parent`."""
    return f"{parent}/{str(step).replace('~', '~0').replace('/', '~1')}"


def _walk(detail: Any, pointer: str) -> Iterator[FieldProblem]:
    if isinstance(detail, Mapping):
        for name, value in detail.items():
            yield from _walk(value, pointer if name == "non_field_errors" else pointer_to(pointer, name))
    elif isinstance(detail, Sequence) and not isinstance(detail, str):
        for index, value in enumerate(detail):
            # A list of messages belongs to one field; a list of mappings follows the items of the request.
            yield from _walk(value, pointer_to(pointer, index) if isinstance(value, Mapping) else pointer)
    else:
        yield FieldProblem(pointer=pointer, code=getattr(detail, "code", "invalid"), detail=str(detail))
