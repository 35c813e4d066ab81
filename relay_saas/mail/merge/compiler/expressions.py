"""Expressions of a template as Python expressions; what they need first is written as lines."""

from enum import Enum
from functools import partial
from typing import Any

from liquid.builtin.expressions import logical, primitive
from liquid.builtin.expressions.filtered import Filter, FilteredExpression
from liquid.builtin.expressions.path import Path
from liquid.environment import Environment
from liquid.expression import Expression

from relay_saas.mail.merge.compiler.inline import inline
from relay_saas.mail.merge.compiler.runtime import constant
from relay_saas.mail.merge.compiler.source import Loop, Source

LITERALS = (
    primitive.TrueLiteral, primitive.FalseLiteral, primitive.IntegerLiteral, primitive.FloatLiteral,
    primitive.StringLiteral,
)  # fmt: skip
#: keys of `forloop`, from the names of its position and length
FORLOOP = {
    "index": "({i} + 1)", "index0": "{i}", "rindex": "({n} - {i})", "rindex0": "({n} - {i} - 1)",
    "length": "{n}", "first": "({i} == 0)", "last": "({i} == {n} - 1)",
}  # fmt: skip
COMPARISONS: dict[type[Expression], tuple[str, str]] = {
    logical.EqExpression: ("==", "eq({left}, {right})"),
    logical.NeExpression: ("!=", "not eq({left}, {right})"),
    logical.LtExpression: ("<", "lt({token}, {left}, {right})"),
    logical.GtExpression: (">", "lt({token}, {right}, {left})"),
    logical.LeExpression: ("<=", "le({left}, {right})"),
    logical.GeExpression: (">=", "le({right}, {left})"),
    logical.ContainsExpression: ("", "contains({token}, {left}, {right})"),
}
#: literals that are compared by Python's own operator when the other side has the same type
DIRECT: dict[type[Expression], str] = {primitive.StringLiteral: "str", primitive.IntegerLiteral: "int"}


class NotCompilable(Exception):
    """The template holds what only the interpreter can do."""


class Miss(Enum):
    """What a path does whose field is not there."""

    #: it is the library's undefined object
    UNDEFINED = "undefined"
    #: the interpreter takes over, it raises an error
    DEOPT = "deopt"
    #: it is MISSING, for a `default` behind it
    MARK = "mark"


class Expressions:
    """Writes expressions into a source."""

    def __init__(self, source: Source, environment: Environment) -> None:
        self.source = source
        self.html = environment.autoescape
        self.environment = environment
        #: names that loops bind, innermost last; the value is a local name, or the number of an open loop
        self.scope: list[dict[str, str | int]] = []
        self.loops: list[Loop] = []
        #: local names of what the template assigns anywhere
        self.assigned: dict[str, str] = {}
        #: filters written in line outside of loops
        self.inlined = 0

    def value(self, expression: Expression, miss: Miss = Miss.UNDEFINED) -> str:
        """A Python expression for the value: a name, a constant's name, or in brackets."""
        if isinstance(expression, Path):
            return self.path(expression, miss)
        if isinstance(expression, FilteredExpression):
            return self._filtered(expression, miss)
        if isinstance(expression, LITERALS):
            return self.source.constant(constant(expression.value, html=self.html))
        if isinstance(expression, primitive.Nil):
            return "None"
        if isinstance(expression, (primitive.Empty, primitive.Blank)):
            return self.source.constant(expression)
        if isinstance(expression, primitive.RangeLiteral):
            start, stop = self.value(expression.start), self.value(expression.stop)
            return self._set("r", f"{self.source.constant(expression._make_range)}({start}, {stop})")
        raise NotCompilable(type(expression).__name__)

    def name(self, expression: Expression) -> str:
        """As `value`, but always a local name or a constant's name."""
        text = self.value(expression)
        return text if text.isidentifier() and text not in ("None", "False") else self._set("v", text)

    def path(self, path: Path, miss: Miss = Miss.UNDEFINED) -> str:
        """A look-up by subscripts only."""
        root, *segments = path.path
        if not isinstance(root, str):
            raise NotCompilable("a path that begins with a path")
        bound = next((names[root] for names in reversed(self.scope) if root in names), None)
        if isinstance(bound, int):
            return self._forloop(bound, segments)
        if bound is None and root == "partial":
            bound = "False"
        parts = [
            self.path(item) if isinstance(item, Path) else self.source.constant(item) for item in segments
        ]
        where = f"[{', '.join([self.source.constant(str(root)), *parts])}]"
        token = self.source.constant(path.token)
        if bound is None and root in self.assigned:
            bound = self._assigned(root, token)
        if not segments and bound is not None:
            return bound
        result = self.source.fresh("v")
        found = f"slow(g, {where}, {token}{f', {bound}' if bound else ''})"
        otherwise = {
            Miss.UNDEFINED: f"{result} = {found}",
            Miss.DEOPT: "raise Deopt",
            Miss.MARK: f"{result} = MISSING",
        }
        with self.source.block("try:"):
            current = bound or f"g[{self.source.constant(str(root))}]"
            for segment, part in zip(segments, parts, strict=True):
                current = self._item(current, segment, part)
            self.source.line(f"{result} = {current}")
        self.source.line(f"except LOOKUP: {otherwise[miss]}")
        return result

    def condition(self, expression: Expression) -> str:
        """A Python expression that is a bool."""
        if isinstance(expression, logical.BooleanExpression):
            return self.condition(expression.expression)
        if isinstance(expression, (logical.LogicalAndExpression, logical.LogicalOrExpression)):
            negation = "not " if isinstance(expression, logical.LogicalOrExpression) else ""
            result = self._set("b", self.condition(expression.left))
            with self.source.block(f"if {negation}{result}:"):
                right = self.condition(expression.right)
                self.source.line(f"{result} = {right}")
            return result
        if type(expression) in COMPARISONS:
            return self._comparison(expression)
        name = self.name(expression)
        known = f"type({name}) is not Undefined or truthy({name})"
        return self._set("b", f"{name} is not None and {name} is not False and ({known})")

    def equal(self, left: str, right: Expression) -> str:
        """A `when` of a `case`."""
        other = self.value(right)
        kind = DIRECT.get(type(right))
        full = f"eq({left}, {other})"
        return f"(({left} == {other}) if type({left}) is {kind} else {full})" if kind else full

    def is_plain(self, path: Path) -> bool:
        """Whether a missing field is nothing but that: no computed part, no variable, no `forloop`."""
        root = str(path.path[0])
        computed = any(isinstance(segment, Path) for segment in path.path)
        variable = root in self.assigned and len(path.path) == 1
        return not (computed or variable or any(isinstance(names.get(root), int) for names in self.scope))

    def _item(self, current: str, segment: object, part: str) -> str:
        if isinstance(segment, Path) or segment in ("size", "first", "last"):
            return f"get({current}, {part})"
        if isinstance(segment, str):
            return f"{current}[{part}]"
        value = self._set("v", current)
        return f"({value}[{part}] if type({value}) is list else index({value}, {part}))"

    def _assigned(self, root: str, token: str) -> str:
        result, local, key = self.source.fresh("v"), self.assigned[root], self.source.constant(str(root))
        with self.source.block("try:"):
            self.source.line(f"{result} = {local} if {local} is not MISSING else g[{key}]")
        self.source.line(f"except KeyError: {result} = slow(g, [{key}], {token})")
        return result

    def _forloop(self, number: int, segments: list[Any]) -> str:
        while segments and segments[0] == "parentloop":
            number, segments = number - 1, segments[1:]
        if number < 0 or len(segments) != 1 or segments[0] not in FORLOOP:
            raise NotCompilable("forloop as a value")
        loop = self.loops[number]
        return FORLOOP[segments[0]].format(i=loop.position, n=loop.length)

    def _filtered(self, expression: FilteredExpression, miss: Miss) -> str:
        filters = expression.filters or []
        left = expression.left
        marked = bool(filters) and _is_default(filters[0]) and isinstance(left, Path) and self.is_plain(left)
        if not filters and isinstance(left, Path) and self.is_plain(left):
            return self.value(left, miss)
        value = self.value(left, Miss.MARK if marked else Miss.UNDEFINED)
        for position, item in enumerate(filters):
            value = self._filter(item, value, marked=marked and position == 0)
        return value

    def _filter(self, item: Filter, value: str, *, marked: bool) -> str:
        named = [(getattr(argument, "name", None), self.value(argument.value)) for argument in item.args]
        positional = [text for name, text in named if not name]
        options = [f"**{{{self.source.constant(name)}: {text}}}" for name, text in named if name]
        function = self.environment.filters[item.name]
        if getattr(function, "with_environment", False):
            function = partial(function, environment=self.environment)
        if getattr(function, "with_context", False):
            options.append("context=w")
        call = f"{self.source.constant(function)}({', '.join([value, *positional, *options])})"
        if _is_default(item):
            missing = f"{positional[0]} if {value} is MISSING else " if marked else ""
            call = f"{value} if type({value}) is str and {value} else {missing}{call}"
        elif value.isidentifier() and not any(name for name, _ in named):
            call = self._inlined(inline(self.source, item, value, positional, html=self.html)) + call
        return self._set("v", call)

    def _inlined(self, text: str) -> str:
        if text and self.loops:
            self.loops[-1].inlined += 1
        elif text:
            self.inlined += 1
        return text

    def _comparison(self, expression: Any) -> str:
        left, right = self.value(expression.left), self.value(expression.right)
        operator, full = COMPARISONS[type(expression)]
        full = full.format(left=left, right=right, token=self.source.constant(expression.token))
        kind = DIRECT.get(type(expression.right))
        if kind and operator and type(expression.left) not in DIRECT:
            full = f"({left} {operator} {right}) if type({left}) is {kind} else {full}"
        return self._set("b", full)

    def _set(self, prefix: str, expression: str) -> str:
        name = self.source.fresh(prefix)
        self.source.line(f"{name} = {expression}")
        return name


def _is_default(item: Filter) -> bool:
    return item.name == "default" and len(item.args) == 1 and not getattr(item.args[0], "name", None)
