"""What a route of the API says of itself, method by method: the reference is made of it, and nothing else."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

from rest_framework import serializers

from relay_saas.web.api_paging import DEFAULT_LIMIT, MAX_LIMIT
from relay_saas.web.api_schema import (
    Schema,
    address_schema,
    number_schema,
    text_schema,
    texts_schema,
    words_schema,
)

Shape = type[serializers.BaseSerializer[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One name of the query."""

    says: str
    #: What is not like this is refused before the route sees it.
    schema: Schema = field(default_factory=text_schema)
    required: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One method of a route."""

    says: str
    #: What an integrator must know beyond that.
    more: str = ""
    answer: Shape | None = None
    status: int = 200
    body: Shape | None = None
    #: Of a PATCH: whether nothing of the body may be left out.
    whole: bool = False
    #: Of the body, by the name of the case.
    examples: Mapping[str, Any] = field(default_factory=dict)
    #: Refusals beside the general ones: the problem's code, and its status.
    refusals: Mapping[str, int] = field(default_factory=dict)
    #: A single thing with an ETag.
    versioned: bool = False
    #: What the answer is if not JSON.
    media_type: str = "application/json"


PAGING: Final[Mapping[str, Parameter]] = {
    "limit": Parameter(
        says=f"How many at most; {DEFAULT_LIMIT} if it is not said. More than {MAX_LIMIT} gives {MAX_LIMIT}.",
        schema=number_schema(DEFAULT_LIMIT),
    ),
    "after": Parameter(says="The `next` of the page before; any other is refused (`bad_cursor`)."),
}


def choice(says: str, words: Any) -> Parameter:
    """A parameter that takes one of some words."""
    return Parameter(says=says, schema={"type": "string", "enum": [str(word) for word in words]})


def flag(says: str) -> Parameter:
    """A parameter that is `true` or `false`."""
    return Parameter(says=says, schema={"type": "string", "enum": ["true", "false"]})


def moment(says: str) -> Parameter:
    """A moment with its zone."""
    return Parameter(says=says, schema={"type": "string", "format": "date-time"})


def address(says: str) -> Parameter:
    """An e-mail address; `relay_saas.web.api_query.read_address` reads it."""
    return Parameter(says=says, schema=address_schema())


def number(says: str, default: int) -> Parameter:
    """A whole number from 1."""
    return Parameter(says=says, schema=number_schema(default))


def words(says: str, among: Collection[str], most: int) -> Parameter:
    """Some of certain words, with commas between them."""
    return Parameter(says=says, schema=words_schema(among, most))


def texts(says: str, most: int) -> Parameter:
    """Some texts, with commas between them."""
    return Parameter(says=says, schema=texts_schema(most))


def id_of(kind: str, says: str) -> Parameter:
    """A prefixed id."""
    return Parameter(says=says, schema=id_schema(kind))


def id_schema(kind: str) -> dict[str, Any]:
    """The JSON schema of a prefixed id."""
    return {
        "type": "string",
        "pattern": f"^{kind}_[0-7][0-9a-hjkmnp-tv-z]{{25}}$",
        "examples": [example_id(kind)],
    }


def example_id(kind: str) -> str:
    """An id for examples; it leads nowhere."""
    return f"{kind}_0rer33qggyy4fq14a45nver2g8"


@lru_cache(maxsize=256)
def page_shape(item: Shape) -> Shape:
    """The shape of a list's page."""
    name = item.__name__.removesuffix("Document") + "Page"
    fields = {
        "__doc__": "One page of a list; `next` is null on the last one.",
        "data": item(many=True),
        "next": serializers.CharField(allow_null=True),
    }
    return type(name, (serializers.Serializer,), fields)


def scopes(read: str = "", write: str = "") -> dict[str, str]:
    """The scopes of a route by method, for `required_scope`."""
    found = dict.fromkeys(("GET", "HEAD"), read) if read else {}
    return found | (dict.fromkeys(("POST", "PUT", "PATCH", "DELETE"), write) if write else {})
