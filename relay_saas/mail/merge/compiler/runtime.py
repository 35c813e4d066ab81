"""What generated code calls, and how it gives up: it never reports an error and never decides a limit."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from liquid import Markup
from liquid.template import BoundTemplate
from liquid.token import Token
from liquid.undefined import Undefined

from relay_saas.mail.merge import limits
from relay_saas.mail.merge.exceptions import LimitReachedError
from relay_saas.mail.source import with_lf

#: what reading a field that is not there raises, in the library as in generated code
LOOKUP_ERRORS = (KeyError, TypeError, IndexError)


class Deopt(Exception):
    """Generated code met something rare: the interpreter decides."""


class Missing:
    """The type of MISSING, which stands for a value that nobody gave."""

    __slots__ = ()


MISSING = Missing()


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """What a generated function makes of a template's texts and values: str, or encoded octets."""

    #: applied once to each static text
    static: Callable[[str], Any]
    #: applied to each value that is put out; None keeps it
    dynamic: Callable[[str], Any] | None
    #: makes the result of all pieces in their order
    join: Callable[[list[Any]], Any]
    #: makes the result of the whole text, as the interpreter gives it
    whole: Callable[[str], Any]
    #: what a result means, to compare two
    meaning: Callable[[Any], Any]


def join_text(pieces: list[str]) -> str:
    """The text with LF line ends; raises UnicodeEncodeError, as the interpreter does."""
    text = "".join(pieces)
    text.encode()
    return with_lf(text)


TEXT = Form(static=str, dynamic=None, join=join_text, whole=str, meaning=str)


class Budget:
    """The work of one render; what it is charged is never less than what the interpreter would charge."""

    __slots__ = ("work",)

    def __init__(self) -> None:
        self.work = 0

    def charge(self, characters: int) -> None:
        """As `limits.Context.charge`; the error only leads to the interpreter."""
        self.work += characters
        if self.work > limits.WORK:
            raise LimitReachedError("too_much_work", "")


def index(value: Any, position: int) -> Any:
    """An item by its number; a text has none."""
    if isinstance(value, str):
        raise TypeError
    return value[position]


def loop_over(value: object, limit: object, offset: object, reverse: bool) -> tuple[Sequence[Any], int]:
    """The items of a `for` and their number, as LoopExpression gives them; raises Deopt for rare operands."""
    items = _items(value)
    count = len(items)
    start = 0 if offset is MISSING else _whole(offset)
    stop = 0 if limit is MISSING else _whole(limit) + start
    first, last = min(max(start, 0), count), min(stop or count, count)
    if last < 0:
        raise Deopt
    if first or last != count:
        items = items[first:last]
    return (items[::-1] if reverse else items), max(last - first, 0)


def _items(value: object) -> Sequence[Any]:
    if isinstance(value, dict):
        return list(value.items())
    if isinstance(value, str):
        return [value] if value else []
    if isinstance(value, range):
        if value.stop - value.start > limits.LOOP_PASSES:
            raise Deopt
        return value
    if isinstance(value, (list, tuple)):
        return value
    if isinstance(value, Undefined):
        raise Deopt
    return []


def _whole(number: object) -> int:
    if type(number) is not int:
        raise Deopt
    return number


def undefined_of(template: BoundTemplate) -> Callable[..., object]:
    """A look-up by the library itself: it makes the undefined object, or finds what is not in the context."""

    def slow(context: dict[str, object], path: list[object], token: Token, root: object = MISSING) -> object:
        found = template.context_class(template, globals=context)
        if root is not MISSING:
            found.scope.push({str(path[0]): root})
        return found.get(path, token=token)

    return slow


def constant(value: Any, *, html: bool) -> Any:
    """A literal text of the template; in HTML it is markup already."""
    return Markup(value) if html and isinstance(value, str) else value
