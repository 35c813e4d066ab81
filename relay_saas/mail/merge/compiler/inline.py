"""Filters in line for the usual types; their conditions leave out every case in which a guard could fire."""

from decimal import Decimal

from liquid.builtin.expressions import primitive
from liquid.builtin.expressions.filtered import Filter
from liquid.builtin.expressions.path import Path

from relay_saas.mail.merge.compiler.source import Source

#: a result of a case change is at most three times as long; it stays below filters.FREE_CHARACTERS
CASED_CHARACTERS = 330
#: an escaped text is at most five times as long
ESCAPED_CHARACTERS = 190
AFFIX_CHARACTERS = 50
METHODS = {"upcase": "upper", "downcase": "lower", "capitalize": "capitalize", "strip": "strip"}
OPERATORS = {"plus": "+", "minus": "-", "times": "*"}


def inline(source: Source, item: Filter, value: str, arguments: list[str], *, html: bool) -> str:
    """`<expression> if <condition> else `, or nothing; `value` is a name, `arguments` are positional."""
    if not arguments:
        return _without_argument(item.name, value, html=html)
    if len(arguments) > 1:
        return ""
    operand = item.args[0].value
    operator = OPERATORS.get(item.name)
    if operator and isinstance(operand, primitive.FloatLiteral):
        factor = source.constant(Decimal(str(operand.value)))
        return (
            f"float(Decimal({value}) {operator} {factor}) if type({value}) is int and {_small(value)} else "
        )
    if operator and isinstance(operand, (primitive.IntegerLiteral, Path)):
        other = arguments[0]
        types = f"type({value}) is int and type({other}) is int"
        return f"{value} {operator} {other} if {types} and {_small(value)} and {_small(other)} else "
    if item.name in ("append", "prepend") and isinstance(operand, primitive.StringLiteral):
        return _affix(source, item.name, value, operand.value, html=html)
    return ""


def _without_argument(name: str, value: str, *, html: bool) -> str:
    if name in METHODS:
        return (
            f"{value}.{METHODS[name]}() if type({value}) is str and len({value}) < {CASED_CHARACTERS} else "
        )
    if name == "escape" and html:
        return (
            f"Markup(escape({value})) if type({value}) is str and len({value}) < {ESCAPED_CHARACTERS} else "
        )
    if name == "round":
        return f"round({value}) if type({value}) is float and -1e15 < {value} < 1e15 else "
    return ""


def _affix(source: Source, name: str, value: str, affix: str, *, html: bool) -> str:
    if len(affix) >= AFFIX_CHARACTERS:
        return ""
    text, added = f"escape({value})" if html else value, source.constant(affix)
    both = f"{text} + {added}" if name == "append" else f"{added} + {text}"
    made = f"Markup({both})" if html else both
    return f"{made} if {_short(value, ESCAPED_CHARACTERS)} else "


def _short(value: str, characters: int) -> str:
    return f"type({value}) is str and len({value}) < {characters}"


def _small(value: str) -> str:
    return f"-BIG < {value} < BIG"
