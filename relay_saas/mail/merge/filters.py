"""The filters a sender may use, each wrapped so that neither its result nor its work can grow without end."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from liquid.filter import liquid_filter, num_arg

from relay_saas.mail.merge import limits
from relay_saas.mail.merge.exceptions import LimitReachedError

Filter = Callable[..., Any]

# fmt: off
ALLOWED = frozenset((
    "default", "upcase", "downcase", "capitalize", "escape", "escape_once", "date", "truncate",
    "truncatewords", "replace", "replace_first", "remove", "append", "prepend", "strip", "lstrip",
    "rstrip", "squish", "strip_html", "strip_newlines", "newline_to_br", "split", "join", "first",
    "last", "size", "slice", "plus", "minus", "times", "divided_by", "modulo", "round", "floor", "ceil",
    "abs", "at_least", "at_most", "url_encode",
))
# fmt: on
#: results and inputs up to this length are free, so that ordinary mail is never charged
FREE_CHARACTERS = 1_000
#: what calling a filter costs
CALL_WORK = 20
#: what one date costs: parsing takes as long as this many characters of text work
DATE_WORK = 1_000
#: longest text or format that `date` looks at
DATE_CHARACTERS = 100
#: longest text of which `strip_html` removes tags
STRIP_CHARACTERS = 20_000


@liquid_filter
def number(value: object, digits: object = 0) -> str:
    """Group thousands: `{{ 1234567 | number }}` is 1,234,567; at most six digits after the point."""
    places = min(max(int(num_arg(digits, default=0)), 0), 6)
    return f"{num_arg(value, default=0):,.{places}f}"


def guarded(name: str, original: Filter) -> Filter:
    """The filter `name` with its limits; the library passes the render as `context`."""

    @wraps(original)
    def guard(value: object, *arguments: Any, context: limits.Context, **options: Any) -> Any:
        refuse_growth(name, value, arguments)
        context.charge(CALL_WORK + work_of(name, value))
        result = original(value, *arguments, **options)
        refuse_large(result)
        context.charge(work_of("", result))
        return result

    guard.with_context = True  # type: ignore[attr-defined]  # the library's own mark
    return guard


def work_of(name: str, value: object) -> int:
    """Characters (or list items) to charge for reading or making `value`."""
    if name == "date":
        return DATE_WORK
    if isinstance(value, (str, list)) and len(value) > FREE_CHARACTERS:
        return len(value)
    return 0


def refuse_growth(name: str, value: object, arguments: tuple[Any, ...]) -> None:
    """Refuse, before it is made, a result that could be far larger than its inputs."""
    if name == "replace" and arguments:
        text, old, new = str(value), str(arguments[0]), str(arguments[1]) if len(arguments) > 1 else ""
        size = len(text) + text.count(old) * (len(new) - len(old))
    elif name == "join" and isinstance(value, list):
        size = len(value) * len(str(arguments[0])) if arguments else 0
    elif name == "date":
        size = (
            max(len(str(item)) for item in (value, *arguments)) * limits.FILTER_CHARACTERS // DATE_CHARACTERS
        )
    elif name == "strip_html" and isinstance(value, str):
        size = len(value) * limits.FILTER_CHARACTERS // STRIP_CHARACTERS
    else:
        return
    if size > limits.FILTER_CHARACTERS:
        raise LimitReachedError(
            "filter_result_too_large", f"the filter '{name}' was given or makes too much text"
        )


def refuse_large(result: object) -> None:
    """Refuse a text, list or number over the limits."""
    if isinstance(result, str) and len(result) > limits.FILTER_CHARACTERS:
        raise LimitReachedError("filter_result_too_large", "the result of a filter is too long")
    if isinstance(result, list) and len(result) > limits.LIST_ITEMS:
        raise LimitReachedError("filter_result_too_large", "the result of a filter has too many items")
    if isinstance(result, int) and result.bit_length() > limits.INTEGER_BITS:
        raise LimitReachedError("number_too_large", "the result of a calculation is too large")
