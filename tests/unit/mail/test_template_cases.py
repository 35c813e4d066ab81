"""The bad-input cases of templates: each is accepted, refused by name, or made harmless."""

import pytest

from relay_saas.mail.link_rewrite import extract_links, rewrite
from relay_saas.mail.link_target import BadLink
from relay_saas.mail.markup import MarkupProblem, compile_markup
from relay_saas.mail.merge import RenderProblem, TemplateProblem, check_fields, parse_template
from relay_saas.mail.text_part import text_from_html
from tests.cases.loader import load, to_bytes

CONTEXT: dict[str, object] = {
    "first_name": "花子",
    "email": "a+b&c=d@example.com",
    "l": list(range(1000)),
    "a": "x",
}
CASES = {case["id"]: case for _, case in load("templates")}
SOURCES = {key: (to_bytes(case["input"]) or b"").decode() for key, case in CASES.items()}
SOURCES["tpl-030"] = CASES["tpl-030"]["input"]["template"]


def outcome(source: str) -> str:
    """How a save and a render end: `text:…`, or the code of what was refused."""
    try:
        template = parse_template(source, html=True)
        if unknown := check_fields(template, CONTEXT):
            return f"unknown:{unknown[0].name}"
        return f"text:{template.render(CONTEXT)}"
    except (TemplateProblem, RenderProblem) as problem:
        return f"refused:{problem.code}"


def cases(expectation: str) -> list[str]:
    return [key for key, case in CASES.items() if case["expect"] == expectation and SOURCES[key]]


def compiled_or_code(source: str) -> str:
    """The compiled HTML, or the code of the problem."""
    try:
        return compile_markup(source, "html").html
    except MarkupProblem as problem:
        return problem.code


@pytest.mark.parametrize("key", cases("reject"))
def test_what_must_be_refused_renders_no_text(key: str) -> None:
    assert outcome(SOURCES[key]).partition(":")[0] in ("refused", "unknown")


@pytest.mark.parametrize("key", cases("accept"))
def test_what_must_be_accepted_renders(key: str) -> None:
    assert outcome(SOURCES[key]).startswith("text:")


@pytest.mark.parametrize("key", cases("normalise") + cases("policy"))
def test_everything_else_ends_in_a_text_or_an_error_of_ours(key: str) -> None:
    result = outcome(SOURCES[key])
    assert "49" not in result
    assert "\r" not in result
    compiled = compiled_or_code(SOURCES[key])
    for trace in ("<script", "onerror=p", "http-equiv", "<base", "<iframe", "<object", "=javascript:"):
        assert trace not in compiled
    assert text_from_html(SOURCES[key]).endswith("\n")


def test_the_unknown_field_is_reported_before_it_is_sent() -> None:
    assert outcome(SOURCES["tpl-001"]) == "unknown:no_such_field"
    assert outcome(SOURCES["tpl-010"]) == "unknown:settings.SECRET_KEY"


def test_a_percent_parameter_is_literal_text() -> None:
    assert outcome(SOURCES["tpl-015"]) == f"text:{SOURCES['tpl-015']}"


def test_a_field_in_a_query_is_encoded_once() -> None:
    (link,) = extract_links(SOURCES["tpl-030"])
    target = parse_template(link.target, html=False).render(CONTEXT)
    assert target == "https://x.example/?e=a%2Bb%26c%3Dd%40example.com"


def test_an_entity_in_an_unquoted_address_is_decoded() -> None:
    result = rewrite(SOURCES["tpl-042"], "")
    assert [link.target for link in result.links] == ["http://x.example/?a=1&b=2"]
    assert result.html == '<a href="{{ relay_link[0] }}">y</a>'


def test_a_base_address_never_makes_a_link_lead_elsewhere() -> None:
    compiled = compile_markup(SOURCES["tpl-039"], "html")
    assert [warning.code for warning in compiled.warnings] == ["base_removed"]
    with pytest.raises(BadLink) as caught:
        extract_links(compiled.html)
    assert caught.value.code == "link_relative"
