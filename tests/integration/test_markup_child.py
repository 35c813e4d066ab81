"""Markup is compiled in a process of its own; what crashes it is an error with a code."""

import multiprocessing
import os
from multiprocessing.connection import Connection

import pytest

from relay_saas.mail.link_rewrite import insert_pixel, rewrite
from relay_saas.mail.markup import MarkupProblem, compile_markup, insert_preheader, run_child
from relay_saas.mail.merge import parse_template
from relay_saas.mail.text_part import text_from_html

MAIL = """<mjml lang="ja"><mj-head><mj-title>{{ subject }}</mj-title></mj-head><mj-body>
{% if c.age < 20 %}<mj-section background-url="https://x.test/{{ p }}.png"><mj-column>
<mj-text color="{{ c.colour }}">こん {{ x | default: "a>b" }}
<a href="https://x.test/?a={{ e | url_encode }}&amp;b=1" data-relay="no-track">l</a></mj-text>
</mj-column></mj-section>{% endif %}</mj-body></mjml>"""


def problem(source: str, kind: str = "mjml") -> tuple[str, int | None, int | None]:
    with pytest.raises(MarkupProblem) as caught:
        compile_markup(source, "mjml" if kind == "mjml" else "html")
    return caught.value.code, caught.value.line, caught.value.column


def body(content: str) -> str:
    return f"<mjml><mj-body>{content}</mj-body></mjml>"


def test_mjml_is_compiled_and_liquid_comes_through() -> None:
    compiled = compile_markup(MAIL, "mjml")
    assert compiled.warnings == ()
    for tag in (
        "<title>{{ subject }}</title>",
        "{% if c.age < 20 %}",
        '{{ x | default: "a>b" }}',
        "{% endif %}",
    ):
        assert tag in compiled.html
    assert 'href="https://x.test/?a={{ e | url_encode }}&amp;b=1" data-relay="no-track"' in compiled.html
    text = parse_template(compiled.html, html=True).render(
        {"subject": "件名", "c": {"age": 3, "colour": "red"}, "p": "p", "e": "a&b"}
    )
    assert "https://x.test/?a=a%26b&amp;b=1" in text
    assert "https://x.test/p.png" in text


def test_nothing_is_fetched_from_the_compilers_hosts() -> None:
    compiled = compile_markup(
        '<mjml><mj-head><mj-font name="R" href="https://f.test/x.css" /></mj-head>'
        "<mj-body><mj-section><mj-column>"
        '<mj-text font-family="R">x</mj-text><mj-social><mj-social-element name="github" href="https://a.test">G'
        "</mj-social-element></mj-social></mj-column></mj-section></mj-body></mjml>",
        "mjml",
    )
    assert [warning.code for warning in compiled.warnings] == ["outside_style_removed", "icon_removed"]
    for host in ("fonts.googleapis", "f.test", "mailjet", "icons.invalid"):
        assert host not in compiled.html


def test_style_rules_of_html_are_inlined_and_loops_stay_in_their_table() -> None:
    source = (
        "<html><head><title>{{ t }}</title><style>@import url(https://f.test);a{color:red}"
        "@media (max-width:9px){a{color:blue}}</style></head><body><table>{% for i in l %}<tr><td>"
        '<a href="{{ u }}?x={{ y | append: "q" }}">{{ i }}</a></td></tr>{% endfor %}</table></body></html>'
    )
    compiled = compile_markup(source, "html")
    html = compiled.html
    assert [warning.code for warning in compiled.warnings] == ["outside_style_removed"]
    assert '<a href="{{ u }}?x={{ y | append: "q" }}" style="color: red;">{{ i }}</a>' in html
    assert "<title>{{ t }}</title>" in html
    assert "@media" in html
    assert (
        html.index("<table")
        < html.index("{% for")
        < html.index("<tr")
        < html.index("{% endfor")
        < html.index("</table")
    )


def test_html_without_style_rules_stays_as_it_is() -> None:
    source = "<P>{{ a }}<td {% if b %}c{% endif %}>&nbsp;"
    assert compile_markup(source, "html").html == source


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("", ("mjml_missing", 1, 1)),
        ("hello", ("mjml_missing", 1, 1)),
        (body("\n<mj-secton></mj-secton>"), ("element_unknown", 2, 1)),
        (body("\n<mj-text>あ</mj-tex>"), ("tag_mismatch", 2, 11)),
        (body("<mj-section>")[:-16], ("tag_unclosed", 1, 16)),
        (body('<mj-include path="/etc/passwd" />'), ("include_refused", 1, 16)),
        (body('<mj-image {{ x }} src="a" />'), ("liquid_in_tag", 1, 26)),
        (body('\nあ{{ x | default: "long" }}<mj-social>text</mj-social>'), ("syntax", 2, 38)),
        ("<mjml><mj-head>\n{% if x %}</mj-head><mj-body></mj-body></mjml>", ("syntax", 2, 1)),
        ("<mjml><mj-head><!--{% if x %}--></mj-head><mj-body></mj-body></mjml>", ("liquid_misplaced", 1, 20)),
        (body("<mj-text>a\ud800</mj-text>"), ("not_unicode", 1, 26)),
        (body("x" * 600_000), ("source_too_long", None, None)),
        (body("<br/>" * 1500), ("too_many_elements", None, None)),
    ],
)
def test_a_wrong_source_is_refused_with_its_place(
    source: str, expected: tuple[str, int | None, int | None]
) -> None:
    assert problem(source) == expected


def crashed(kind: str, source: str, timeout: float = 30) -> str:
    with pytest.raises(MarkupProblem) as caught:
        run_child({"kind": kind, "source": source, "icon_origin": "https://icons.invalid/"}, timeout)
    return caught.value.code


def test_a_source_that_crashes_the_compiler_is_an_error() -> None:
    assert crashed("mjml", body("<mj-wrapper>" * 20_000 + "</mj-wrapper>" * 20_000)) == "too_complex"
    assert crashed("html", "<style></style>" + "<div>" * 90_000) == "too_complex"
    assert compile_markup(body(""), "mjml").html


def test_a_source_that_takes_too_long_is_an_error() -> None:
    assert crashed("mjml", body(""), timeout=0.001) == "too_complex"


def test_a_mail_goes_from_markup_to_the_text_that_is_sent() -> None:
    compiled = compile_markup(MAIL.replace(' data-relay="no-track"', ""), "mjml")
    html = insert_preheader(compiled.html, "Hello {{ c.name }}")
    parts = rewrite(html, text_from_html(html))
    assert [link.target for link in parts.links] == ["https://x.test/?a={{ e | url_encode }}&b=1"]
    context = {
        "c": {"age": 3, "colour": "red", "name": "A&B"},
        "subject": "件名",
        "p": "p",
        "relay_link": ["https://t/c/1"],
        "relay_pixel": "https://t/o/1",
    }
    sent = parse_template(insert_pixel(parts.html), html=True).render(context)
    assert 'href="https://t/c/1"' in sent
    assert 'src="https://t/o/1"' in sent
    assert "Hello A&amp;B</div>" in sent
    assert parse_template(parts.text, html=False).render(context).strip() == "こん a>b l ( https://t/c/1 )"


def compile_in(end: Connection) -> None:
    end.send(compile_markup(body("<mj-section></mj-section>"), "mjml").html)


def test_it_works_inside_a_daemonic_worker_process() -> None:
    ours, theirs = multiprocessing.Pipe()
    worker = multiprocessing.get_context("spawn").Process(target=compile_in, args=(theirs,), daemon=True)
    worker.start()
    assert "<body" in ours.recv()
    worker.join()
    assert worker.pid != os.getpid()
    assert worker.exitcode == 0


def test_the_preheader_is_hidden_and_stands_first_in_the_body() -> None:
    html = insert_preheader('<html><BODY class="{{ c }}">x</BODY>', "50 % <off> {{ n | default: '<b>' }}")
    assert html.startswith('<html><BODY class="{{ c }}"><div style="display:none;')
    assert "50 % &lt;off&gt; {{ n | default: '<b>' }}</div>x</BODY>" in html
    assert insert_preheader("x", " ") == "x"
    assert insert_preheader("x", "p").endswith("p</div>x")
