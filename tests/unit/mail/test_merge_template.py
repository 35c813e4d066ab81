"""A template is parsed once, checked, and rendered for many."""

import pickle
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest

from relay_saas.mail.merge import RenderProblem, TemplateProblem, parse_template


def render(source: str, html: bool = False, **context: object) -> str:
    return parse_template(source, html=html).render(context)


def refused(source: str) -> TemplateProblem:
    with pytest.raises(TemplateProblem) as caught:
        parse_template(source, html=True)
    return caught.value


def failed(source: str, **context: object) -> RenderProblem:
    with pytest.raises(RenderProblem) as caught:
        render(source, **context)
    return caught.value


def test_values_are_escaped_in_html_and_not_in_text() -> None:
    assert render("{{ name }}", html=True, name="<b>&") == "&lt;b&gt;&amp;"
    assert render("{{ name }}", name="<b>&") == "<b>&"


def test_a_missing_field_takes_its_default() -> None:
    source = "{{ contact.first_name | default: 'お客様' }} 様"
    assert render(source, contact={"first_name": None}) == "お客様 様"
    assert render(source, contact={}) == "お客様 様"
    assert render(source, contact={"first_name": "花子"}) == "花子 様"


def test_a_missing_field_without_default_names_itself_and_its_place() -> None:
    problem = failed("Hello\n  {{ contact.first_name }}", contact={})
    assert (problem.code, problem.line, problem.column) == ("field_undefined", 2, 6)
    assert "first_name" in problem.message


def test_an_empty_field_can_be_asked_for() -> None:
    assert render("{% if contact.vip %}a{% else %}b{% endif %}", contact={"vip": None}) == "b"


def test_all_line_ends_become_lf_in_source_and_values() -> None:
    assert render("a\r\nb\rc{{ x }}", x="\r\nd\re") == "a\nb\nc\nd\ne"
    assert parse_template("a\r\nb", html=False).source == "a\nb"


def test_dates_and_numbers_are_written_as_asked() -> None:
    assert render("{{ d | date: '%Y年%m月%d日' }}", d=date(2026, 3, 1)) == "2026年03月01日"
    assert render("{{ 1234567.891 | number: 2 }} {{ n | number }}", n="12000") == "1,234,567.89 12,000"
    assert render("{{ n | number: 99 }}", n=1.5) == "1.500000"


def test_url_encode_has_a_second_name() -> None:
    assert render("{{ e | urlencode }}", html=True, e="a+b&c") == "a%2Bb%26c"


def test_loops_conditions_and_cases_work() -> None:
    source = (
        "{% for i in items limit: 2 %}{{ forloop.index }}{{ i.n }};{% endfor %}"
        "{% case x %}{% when 1 %}one{% endcase %}"
    )
    assert render(source, items=[{"n": "a"}, {"n": "b"}, {"n": "c"}], x=1) == "1a;2b;one"
    assert render("{% for i in (1..3) reversed %}{{ i }}{% endfor %}") == "321"


def test_a_template_renders_in_many_threads_at_once() -> None:
    template = parse_template("{% for i in l %}{{ i | append: n }} {% endfor %}", html=True)
    with ThreadPoolExecutor(8) as pool:
        texts = list(pool.map(lambda n: template.render({"l": [1, 2], "n": n}), range(200)))
    assert texts == [f"1{n} 2{n} " for n in range(200)]


@pytest.mark.parametrize(
    ("source", "code", "line", "column"),
    [
        ("a\n {{ x", "syntax", 2, 2),
        ("{% if a %}x", "syntax", 1, 12),
        ("{% load static %}", "syntax", 1, 4),
        ("{% include 'a' %}", "syntax", 1, 4),
        ("{% render 'a' %}", "syntax", 1, 4),
        ("{% increment a %}", "syntax", 1, 4),
        ("\n{{ x | safe }}", "filter_unknown", 2, 8),
        ("{{ x | map: 'a' }}", "filter_unknown", 1, 8),
        ("{{ x | sort | concat: y }}", "filter_unknown", 1, 8),
        ("a{% raw %}{{ x }}{% endraw %}", "tag_unknown", 1, 2),
        ("{%- doc -%}x{% enddoc %}", "tag_unknown", 1, 1),
        ("{{ (1..5) | join: ',' }}", "range_misplaced", 1, 4),
        ("{% assign r = (1..5) %}", "range_misplaced", 1, 15),
        ("{% assign relay_link = 1 %}", "name_reserved", 1, 11),
        ("{% capture unsubscribe_url %}{% endcapture %}", "name_reserved", 1, 12),
        ("a\ud800", "not_unicode", 1, 2),
    ],
)
def test_a_wrong_template_is_refused_with_its_place(source: str, code: str, line: int, column: int) -> None:
    problem = refused(source)
    assert (problem.code, problem.line, problem.column) == (code, line, column)


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("{{ 1 | divided_by: 0 }}", "filter_failed"),
        ("{{ '1e999' | ceil }}", "calculation_failed"),
        ("{{ '999999999999999999999999' | date: '%Y' }}", "calculation_failed"),
        ("{% for i in l limit: -1 %}{% endfor %}", "calculation_failed"),
        ("{{ s | truncate: 'x' }}", "filter_failed"),
        ("{% if s > 5 %}{% endif %}", "wrong_type"),
        ("{{ surrogate }}", "not_unicode"),
    ],
)
def test_a_failing_render_is_our_error_whatever_python_raised(source: str, code: str) -> None:
    assert failed(source, s="abc", l=[1, 2], surrogate="\ud800").code == code


def test_objects_have_no_attributes_and_no_methods() -> None:
    for path in ("o.real", "o.__class__", "s.upper", "l.append", "d.keys"):
        assert failed(f"{{{{ {path} }}}}", o=5, s="a", l=[], d={}).code == "field_undefined"


def test_a_problem_survives_the_way_out_of_a_worker() -> None:
    problem = pickle.loads(pickle.dumps(refused("a\n {{ x")))
    assert (problem.code, problem.line, problem.column) == ("syntax", 2, 2)
    assert str(problem).endswith("(line 2, column 2)")
