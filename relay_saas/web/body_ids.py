"""Where in a body ids stand, by its shape."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from rest_framework import serializers

from relay_saas.web.prefixed import PublicId
from relay_saas.web.problems import pointer_to

_LISTS: Final = (serializers.ListField, serializers.ListSerializer)


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """An id in a body."""

    pointer: str
    kind: str
    number: int


def named_ids(shape: serializers.Serializer[Any], values: Mapping[str, Any]) -> Iterator[Named]:
    """All ids that valid values of `shape` hold."""
    for name, field in shape.fields.items():
        if values.get(name) is not None and kinds_in(field):
            yield from _in_field(field, values[name], pointer_to("", name))


def _in_field(field: Any, value: Any, pointer: str) -> Iterator[Named]:
    if isinstance(field, PublicId):
        yield Named(pointer=pointer, kind=field.kind, number=value)
    elif isinstance(field, _LISTS):
        for index, item in enumerate(value):
            yield from _in_field(field.child, item, pointer_to(pointer, index))
    else:
        for inner in named_ids(field, value):
            yield Named(pointer=pointer + inner.pointer, kind=inner.kind, number=inner.number)


def kinds_in(field: Any) -> frozenset[str]:
    """The kinds of id that a field or a body may hold."""
    if isinstance(field, PublicId):
        return frozenset({field.kind})
    if isinstance(field, _LISTS):
        return kinds_in(field.child)
    if isinstance(field, serializers.Serializer):
        return frozenset(kind for one in field.fields.values() for kind in kinds_in(one))
    return frozenset()
