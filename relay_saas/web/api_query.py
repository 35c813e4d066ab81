"""What API routes read from the query of their address: known names once each, limits, words of a set."""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Final

from django.http import QueryDict
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _

from relay_saas.mail.addresses import Address, BadAddress, parse_address
from relay_saas.web.api_schema import MAX_LENGTH, Schema, fits
from relay_saas.web.errors import RelayError
from relay_saas.web.problems import FieldProblem

EARLIEST: Final = datetime(1970, 1, 2, tzinfo=UTC)
LATEST: Final = datetime(2999, 1, 1, tzinfo=UTC)
_FLAGS: Final = {"true": True, "false": False}


class BadParameter(RelayError):
    """The query names something that this route does not take."""

    code = "bad_parameter"
    status = 400
    message = _("The query holds an unknown parameter or a bad value.")


def parameter_problem(name: str) -> FieldProblem:
    """Names a parameter of the query."""
    return FieldProblem(pointer="", code="bad_parameter", detail=name[:100])


def bad_parameter(*names: str) -> BadParameter:
    """The error that names these parameters."""
    return BadParameter(errors=[parameter_problem(name) for name in names])


def bad_value(name: str) -> BadParameter:
    """The same where the value has the right shape and means nothing: 422."""
    return BadParameter(status=422, errors=[parameter_problem(name)])


def refuse_unfit(query: QueryDict, schemas: Mapping[str, Schema]) -> None:
    """A value that is not as it is described is refused; raises BadParameter, which names all of them."""
    wrong = [name for name in query if not fits(schemas[name], str(query[name]))]
    if wrong:
        raise bad_parameter(*wrong)


def refuse_unknown(query: QueryDict, known: Collection[str]) -> None:
    """A name that is misspelt or stands there twice would be ignored in silence; raises BadParameter."""
    wrong = [
        name
        for name, values in query.lists()
        if name not in known or len(values) != 1 or len(values[0]) > MAX_LENGTH or "\0" in values[0]
    ]
    if wrong:
        raise bad_parameter(*wrong)


def read_limit(text: str | None, most: int, default: int | None = None) -> int:
    """A whole number from 1, at most `most`, or the default; raises BadParameter."""
    if text is None:
        return most if default is None else default
    if not text.isascii() or not text.isdecimal() or len(text) > 9 or int(text) == 0:
        raise bad_parameter("limit")
    return min(int(text), most)


def read_word(query: QueryDict, name: str, words: Collection[str]) -> str | None:
    """One of `words`, None where it is not asked for; raises BadParameter."""
    word = query.get(name)
    if word is not None and word not in words:
        raise bad_parameter(name)
    return word


def read_flag(query: QueryDict, name: str) -> bool | None:
    """`true` or `false`; raises BadParameter."""
    word = read_word(query, name, _FLAGS)
    return None if word is None else _FLAGS[word]


def read_address(query: QueryDict, name: str) -> Address | None:
    """An e-mail address, None where there is none; raises BadParameter for what cannot be mailed."""
    text = query.get(name)
    if text is None:
        return None
    try:
        return parse_address(text)
    except BadAddress as error:
        raise bad_value(name) from error


def read_time(query: QueryDict, name: str) -> datetime | None:
    """A moment with its zone (RFC 3339); raises BadParameter."""
    text = query.get(name)
    if text is None:
        return None
    try:
        # In an address a plus sign means a space.
        found = parse_datetime(text.replace(" ", "+"))
    except ValueError as error:
        raise bad_parameter(name) from error
    if found is None or found.tzinfo is None:
        raise bad_parameter(name)
    # Nothing of ours is older or will be younger, and every zone's day exists there.
    if not EARLIEST.year <= found.year < LATEST.year:
        return EARLIEST if found.year < EARLIEST.year else LATEST
    return found.astimezone(UTC)
