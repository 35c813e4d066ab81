"""Random templates and contexts, in three forms: generated code says what the interpreter says."""

import datetime as dt
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.unit.mail.differential import compare

one_of = st.sampled_from
TEXTS = one_of(
    [
        "contact.first_name",
        "contact.last_name",
        "s",
        "i.t",
        "j.t",
        "contact.tags[0]",
        "contact['first_name']",
        "items[0].t",
        "arr[0]",
        "contact[key]",
        "nothing",
        "x",
        "y",
    ]
)
NUMBERS = one_of(
    ["contact.points", "n", "i.p", "j.p", "f", "items.size", "s.size", "items[0].p", "forloop.index"]
)
ODD = one_of(
    [
        "contact.nope",
        "missing",
        "missing.x.y",
        "none",
        "flag",
        "contact",
        "items",
        "d",
        "forloop",
        "partial",
        "now",
        "contact.tags.first",
        "contact.tags.last",
        "arr[-1]",
        "arr[9]",
        "contact[missing]",
        "forloop.parentloop.index",
        "forloop.rindex0",
        "forloop.last",
        "i",
        "j",
        "q",
        "empty",
        "blank",
        "nil",
        "true",
        "false",
    ]
)
STRINGS = one_of(["'a<b'", '"it\'s"', "', '", "' '", "''", "'Jane'", "'a'", "'3'"])
DIGITS = one_of(["0", "1", "2", "3", "-1", "2.5"])
PRIMITIVE = TEXTS | NUMBERS | ODD | STRINGS | DIGITS
TEXT_FILTER = one_of(
    [
        "upcase",
        "downcase",
        "capitalize",
        "escape",
        "escape_once",
        "strip",
        "lstrip",
        "squish",
        "strip_html",
        "strip_newlines",
        "newline_to_br",
        "url_encode",
        "size",
        "truncate: 5",
        "truncatewords: 2",
        "slice: 1, 2",
        "split: ',' | join: '-'",
        "split: '' | first",
        "default: 'you & me'",
        "default: s",
        "date: '%Y-%m'",
        "default",
    ]
) | st.builds("{}: {}".format, one_of(["append", "prepend", "remove", "default", "split"]), STRINGS | TEXTS)
NUMBER_FILTER = one_of(["floor", "ceil", "abs", "round", "round: 1", "number", "default: 7"]) | st.builds(
    "{}: {}".format,
    one_of(["plus", "minus", "times", "divided_by", "modulo", "at_least", "at_most"]),
    DIGITS | NUMBERS,
)
FILTER = TEXT_FILTER | NUMBER_FILTER


def chain(first: st.SearchStrategy[str], filters: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.builds(lambda value, calls: " | ".join([value, *calls]), first, st.lists(filters, max_size=3))


EXPRESSION = chain(TEXTS | STRINGS, TEXT_FILTER) | chain(NUMBERS, NUMBER_FILTER) | chain(PRIMITIVE, FILTER)
OPERATOR = one_of(["==", "!=", "<", ">", "<=", ">=", "contains"])
TEST = (
    st.builds("{} {} {}".format, TEXTS, OPERATOR, STRINGS | TEXTS)
    | st.builds("{} {} {}".format, NUMBERS, OPERATOR, DIGITS | NUMBERS)
    | st.builds("{} {} {}".format, PRIMITIVE, OPERATOR, PRIMITIVE)
    | PRIMITIVE
)
CONDITION = TEST | st.builds("{} {} {}".format, TEST, one_of(["and", "or"]), TEST)
STATIC = one_of(
    [
        "Hello ",
        "<p>x & y</p>",
        " ",
        "\n",
        ", ",
        "{% comment %}c {{ z }}{% endcomment %}",
        "日本語 ",
        "  \t\n",
        ".",
        "\n.\n",
        "From me",
        "x" * 90,
        "a=b",
    ]
)
OUTPUT = EXPRESSION.map("{{{{ {} }}}}".format) | EXPRESSION.map("{{{{- {} -}}}}".format)
ASSIGN = st.builds("{{% assign {} = {} %}}".format, one_of(["x", "y", "q", "i", "n"]), EXPRESSION)


def blocks(child: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    body = st.lists(child, max_size=3).map("".join)
    loop = "{{% for {} in {}{}{}{} %}}{}{{% else %}}{}{{% endfor %}}"
    return st.one_of(
        st.builds(
            "{{% if {} %}}{}{{% elsif {} %}}{}{{% else %}}{}{{% endif %}}".format,
            CONDITION,
            body,
            CONDITION,
            body,
            body,
        ),
        st.builds("{{% unless {} %}}{}{{% endunless %}}".format, CONDITION, body),
        st.builds(
            "{{% case {} %}}{{% when {}, {} %}}{}{{% else %}}{}{{% endcase %}}".format,
            PRIMITIVE,
            PRIMITIVE,
            PRIMITIVE,
            body,
            body,
        ),
        st.builds(
            loop.format,
            one_of(["i", "j", "x"]),
            one_of(["items", "items", "arr", "contact.tags", "contact", "s", "(1..3)", "(1..n)", "i.sub"]),
            one_of(["", "", " limit:2", " limit:n"]),
            one_of(["", "", " offset:1", " offset:n"]),
            one_of(["", " reversed"]),
            body,
            body,
        ),
        st.builds("{{% capture {} %}}{}{{% endcapture %}}".format, one_of(["x", "y", "q"]), body),
    )


LEAF = st.one_of(
    STATIC, STATIC, OUTPUT, OUTPUT, OUTPUT, ASSIGN, one_of(["{% break %}", "{% continue %}", ""])
)
TEMPLATE = st.lists(st.recursive(LEAF, blocks, max_leaves=8), min_size=1, max_size=4).map("".join)

VALUE = st.one_of(
    one_of(
        [
            "Jane",
            "O'Brien & <b>",
            "",
            " ",
            "3",
            "l1\r\nl2\r",
            "x\ny",
            "é" * 40,
            ".dot",
            "From a",
            "a  b",
            "=",
            "花",
        ]
    ),
    st.integers(-3, 9),
    st.booleans(),
    st.none(),
    st.floats(-5, 5).map(lambda number: round(number, 2)),
    st.lists(one_of(["a", "<b>", 1, None]), max_size=3),
    st.just({"t": "T&", "p": 2}),
    st.just(dt.date(2026, 1, 2)),
)
ITEM = st.fixed_dictionaries(
    {"t": one_of(["A", "<B>", "", "x"]), "p": st.integers(0, 5)},
    optional={"sub": st.lists(VALUE, max_size=2)},
)
CONTACT = st.fixed_dictionaries(
    {
        "first_name": one_of(["Jane", "<i>", "", "花子"]),
        "last_name": VALUE,
        "points": st.integers(0, 9),
        "vip": st.booleans(),
        "tags": st.lists(one_of(["a", "b&", "vip"]), min_size=1, max_size=3),
    }
)
CONTEXT = st.fixed_dictionaries(
    {
        "contact": CONTACT,
        "items": st.lists(ITEM, max_size=4),
        "arr": st.lists(VALUE, max_size=4),
        "s": one_of(["str<>", "a,b,c", "", "x", " q "]),
        "n": st.integers(0, 4),
        "flag": st.booleans(),
        "none": st.none(),
        "d": st.just("2026-01-02"),
        "nothing": st.just(""),
        "f": st.floats(-9, 9),
        "key": one_of(["first_name", "points", "size", "first", 0]),
    },
    optional={"x": VALUE, "y": VALUE, "i": ITEM},
)


@settings(
    max_examples=80, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck)
)
@given(TEMPLATE, st.lists(CONTEXT, min_size=2, max_size=2))
@example("{{ x }}{{ y }}", [{"x": "a\r", "y": "\nb"}])
@example("a\n\n", [{}])
def test_random_templates_render_as_interpreted(source: str, contexts: list[dict[str, Any]]) -> None:
    compare(source, contexts)
