"""Which fields a template uses, and which of them nobody has."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

from liquid.static_analysis import TemplateAnalysis, Variable

from relay_saas.mail.source import place

#: root names that the sender of a message provides; no template may assign them, no custom field be named so
RESERVED_NAMES = frozenset(("contact", "relay_link", "relay_pixel", "sender", "unsubscribe_url", "view_url"))
#: names that the language itself defines
LANGUAGE_NAMES = frozenset(("now", "today", "empty", "blank", "nil", "null"))
#: properties that every text or list has
PROPERTIES = frozenset(("first", "last", "size"))


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldUse:
    """One place where a template uses a field."""

    #: dotted, such as "contact.first_name"; it ends before the first index or computed part
    name: str
    line: int
    column: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownField:
    """A field that is not among the known ones, at the first place where the template uses it."""

    name: str
    line: int
    column: int
    #: the known name that was probably meant
    suggestion: str | None


def uses(analysis: TemplateAnalysis, source: str) -> tuple[FieldUse, ...]:
    """Every use of a name that the template does not define itself, in the order of the source."""
    found = []
    for variable in sorted(
        (v for group in analysis.globals.values() for v in group), key=lambda v: v.span.index
    ):
        if str(variable.segments[0]) not in LANGUAGE_NAMES:
            line, column = place(source, variable.span.index)
            found.append(FieldUse(name=dotted(variable), line=line, column=column))
    return tuple(found)


def dotted(variable: Variable) -> str:
    """The leading plain names of a path: `order.lines[0].title` is "order.lines"."""
    names = []
    for segment in variable.segments:
        if not isinstance(segment, str):
            break
        names.append(segment)
    return ".".join(names)


def unknown_fields(used: Iterable[FieldUse], known: Iterable[str]) -> list[UnknownField]:
    """The used names that are neither known nor inside a known one, each once, with a guess."""
    names = sorted(set(known))
    reported: dict[str, UnknownField] = {}
    for use in used:
        if use.name not in reported and not is_known(use.name, names):
            reported[use.name] = UnknownField(
                name=use.name, line=use.line, column=use.column, suggestion=guess(use.name, names)
            )
    return list(reported.values())


def is_known(name: str, known: Iterable[str]) -> bool:
    """Whether `name` is a known field, or a part of one that holds more than a single value."""
    return any(name == field or name.startswith(f"{field}.") for field in known)


def guess(name: str, known: list[str]) -> str | None:
    """The known field most like `name`: the same name under `contact`, else the closest spelling."""
    if f"contact.{name}" in known:
        return f"contact.{name}"
    # only the last parts are compared: a common "contact." would make everything alike
    by_last_part = {field.rpartition(".")[2]: field for field in known}
    close = get_close_matches(name.rpartition(".")[2], by_last_part, n=1)
    return by_last_part[close[0]] if close else None
