"""Generated code says what the interpreter says: enumerated templates, limits, names that attack."""

import ast
import itertools
from collections import Counter
from typing import Any

import pytest

from relay_saas.mail.merge.compiler import TEXT, NotCompilable, compile_template, expressions, inline
from relay_saas.mail.merge.compiler.build import NODES
from relay_saas.mail.merge.compiler.whitelist import ForbiddenCode, check
from relay_saas.mail.merge.language import environment
from tests.unit.mail.differential import Difference, compare

FULL: dict[str, Any] = {
    "a": ["p", "q<", 3], "d": {"k": 1, "m": "&"}, "s": "str", "n": 3, "f": False, "t": True, "e": "", "z": 0,
    "el": [], "fl": 0.0, "w": -7, "nil_": None, "o": "2",
}  # fmt: skip
BARE: dict[str, Any] = {
    "a": [], "d": {}, "s": "", "n": 0, "f": True, "t": False, "e": " ", "z": 1, "el": [1], "fl": 2.5, "w": 12,
    "nil_": None, "o": "<b>",
}  # fmt: skip
KEYS = ("index", "index0", "rindex", "rindex0", "first", "last", "length")
VALUES = ("f", "t", "nil", "e", "z", "u", "'x'", "el", "5", "s", "empty", "blank", "a", "fl", "u.x", "nil_")


def put(expression: str) -> str:
    return "{{ " + expression + " }}"


COUNTERS = "[" + ",".join(put(f"forloop.{key}") for key in KEYS) + "{{ i }}]"
BODIES = (
    COUNTERS,
    "{% for j in (1..2) %}"
    + "".join(put(f"forloop.parentloop.{key}") + put(f"forloop.{key}") for key in KEYS)
    + "{{ i }}{{ j }}{% endfor %}",
    "{% if forloop.last %}L{% elsif forloop.first %}F{% break %}{% endif %}{{ i }}",
    "{{ i }}{% continue %}x",
    "{% assign i = 5 %}{{ i }}",
    " ",
    "{% capture c %}{{ i }}{% break %}{% endcapture %}",
    "{% for i in (1..2) %}{{ i }}{% break %}{% else %}{% endfor %}{{ i }}",
)


def loops() -> list[str]:
    limit = ("", " limit:0", " limit:2", " limit:-1", " limit:'1'", " limit:n")
    offset = ("", " offset:1", " offset:9", " offset:-1")
    parts = itertools.product(("a", "(1..n)", "d"), limit, offset, ("", " reversed"), BODIES)
    after = "{{ i | default: 'u' }}{{ c | default: 'nc' }}"
    return [
        f"{{% for i in {items}{at_most}{start}{turned} %}}{body}{{% else %}}none{{% endfor %}}{after}"
        for items, at_most, start, turned, body in parts
    ]


def defaults() -> list[str]:
    flags = ("", ", allow_false: true", ", allow_false: false", ", allow_false: u")
    parts = itertools.product(VALUES, ("'D&'", "s", "u", "f"), flags, ("", " | upcase"))
    return [put(f"{value} | default: {other}{flag}{more}") for value, other, flag, more in parts]


def comparisons() -> list[str]:
    operators = ("==", "!=", "<", ">", "<=", ">=", "contains")
    others = (*VALUES, "false", "''", "' '", "o")
    return [
        f"{{% if {left} {operator} {right} %}}Y{{% else %}}N{{% endif %}}"
        for left, operator, right in itertools.product((*VALUES, "true", "3.5", "n"), operators, others)
    ]


def choices() -> list[str]:
    pairs = itertools.product(VALUES, (*VALUES, "'str'", "3", "0"))
    when = [f"{{% case {a} %}}{{% when {b}, 'q' %}}W{{% else %}}E{{% endcase %}}" for a, b in pairs]
    triples = itertools.product(VALUES, VALUES[::2], VALUES[:4])
    return when + [
        f"{{% unless {a} %}}U{{% elsif {b} %}}E{{% else %}}D{{% endunless %}}"
        f"{{% if {a} and {b} or {c} %}}1{{% endif %}}"
        for a, b, c in triples
    ]


def filters() -> list[str]:
    bare = (
        "upcase", "downcase", "capitalize", "strip", "escape", "escape_once", "round", "floor", "abs", "size",
        "first", "join", "squish", "newline_to_br", "url_encode", "number", "strip_html", "split: ''",
    )  # fmt: skip
    with_one = itertools.product(
        ("plus", "minus", "times", "append", "prepend", "at_least", "divided_by", "remove", "date"),
        ("2", "2.5", "-3", "n", "'7'", "'<b> '", "s", "u", "fl", "w"),
    )
    calls = [*bare, *(f"{name}: {value}" for name, value in with_one), "replace: 's', '<'", "truncate: 2"]
    values = ("s", "o", "n", "fl", "w", "a", "e", "f", "nil_", "'l < t'", "-2.5", "u", "d")
    once = [put(f"{value} | {call}") for value, call in itertools.product(values, calls)]
    chains = itertools.product(values[:3], calls[:9], calls[:9])
    return once + [put(f"{value} | {first} | {second}") for value, first, second in chains]


def total(sources: list[str], html: tuple[bool, ...] = (True, False)) -> Counter[str]:
    seen: Counter[str] = Counter()
    for source in sources:
        seen += compare(source, (FULL, BARE), forms=("text",), html=html)
    return seen


@pytest.mark.parametrize(
    ("sources", "html", "least"),
    [
        (loops, (True,), 1000),
        (defaults, (True, False), 800),
        (comparisons, (False,), 1500),
        (choices, (False,), 500),
        (filters, (True, False), 2000),
    ],
    ids=["loops", "defaults", "comparisons", "choices", "filters"],
)
def test_every_enumerated_template_renders_as_interpreted(
    sources: Any, html: tuple[bool, ...], least: int
) -> None:
    seen = total(sources(), html)
    assert seen["rendered"] > least, seen


WRONG_FORLOOP = {"rindex": "({n} - {i} - 1)", "first": "({i} == 1)", "length": "({n} + 1)"}


@pytest.mark.parametrize("key", WRONG_FORLOOP)
def test_a_wrong_loop_counter_is_noticed(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(expressions.FORLOOP, key, WRONG_FORLOOP[key])
    with pytest.raises(Difference):
        total(loops())


@pytest.mark.parametrize(
    ("name", "wrong"), [("GtExpression", ">="), ("LtExpression", "<="), ("NeExpression", "==")]
)
def test_a_wrong_comparison_is_noticed(name: str, wrong: str, monkeypatch: pytest.MonkeyPatch) -> None:
    kind = getattr(expressions.logical, name)
    monkeypatch.setitem(expressions.COMPARISONS, kind, (wrong, expressions.COMPARISONS[kind][1]))
    with pytest.raises(Difference):
        total(comparisons())


@pytest.mark.parametrize(("name", "wrong"), [("capitalize", "upper"), ("strip", "lower")])
def test_a_wrong_filter_in_line_is_noticed(name: str, wrong: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(inline.METHODS, name, wrong)
    with pytest.raises(Difference):
        total(filters())


def test_a_long_template_is_left_to_the_interpreter() -> None:
    with pytest.raises(NotCompilable):
        compile_template(environment(html=True).from_string("{{ a }}" * (NODES + 1)), TEXT)


ATTACKS = (
    "'", '"', "\\", "\n", "\r", "{", "}", "']", '"]', "'+x+'", "__import__('os')", "\\x27", "\u2028", "eval(",
    "None", "lambda:0", "raise Deopt", "]]", "__class__", "w", "g", "render", "join", "c1",
    "日本", "\\N{QUOTATION MARK}",
)  # fmt: skip
#: A, B and C stand for what attacks
SHAPES = (
    "{{ a['A'] }}", '{{ a["A"] }}', "{{ A }}", "{{ a.A }}", "{{ 'A' | append: 'B' }}", "A{{ x }}B",
    "{% assign A = 'B' %}{{ A }}", "{% for A in b %}{{ A }}B{% endfor %}", "{{ x | default: 'A', B: 1 }}",
    "{% if a['A'] == 'B' %}A{% endif %}", "{% capture A %}B{% endcapture %}{{ A }}",
)  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES)
def test_names_and_texts_cannot_become_code(shape: str) -> None:
    seen: Counter[str] = Counter()
    for one, two in itertools.product(ATTACKS, ATTACKS if "B" in shape else ("",)):
        filled = shape.translate({ord("A"): one, ord("B"): two})
        context = {"a": {one: "<1>", two: "2"}, "b": ["q", "r"], "x": "X"}
        seen += compare(filled, [context], forms=("text",))
    assert seen["rendered"] + seen["gave up"] > 8, seen


@pytest.mark.parametrize(
    "code",
    [
        "import os",
        "c1.__class__",
        "open(c1)",
        "'text'",
        "lambda: 0",
        "[x1 for x1 in c1]",
        "global x1",
        "__builtins__",
    ],
)
def test_code_that_we_did_not_write_is_refused(code: str) -> None:
    with pytest.raises(ForbiddenCode):
        check(ast.parse(code))
