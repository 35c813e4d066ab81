"""Links are replaced in place, and every other character of the mail stays."""

import re

import pytest

from relay_saas.mail.link_rewrite import extract_links, insert_pixel, rewrite
from relay_saas.mail.link_target import BadLink, ascii_address, check_target
from tests.cases.loader import load, to_bytes

CASES = {case["id"]: case for _, case in load("urls") if not case["title"].startswith("webhook")}
WITH_TEXT = {key: (to_bytes(case["input"]) or b"").decode() for key, case in CASES.items()}


def targets(html: str) -> list[str]:
    return [link.target for link in extract_links(html)]


def anchor(target: str) -> str:
    return f'<a href="{target}">x</a>'


def code(html: str) -> str:
    with pytest.raises(BadLink) as caught:
        extract_links(html)
    return caught.value.code


def test_links_are_numbered_in_document_order_and_the_rest_stays() -> None:
    html = (
        "<p>é &nbsp;<A class='b' HREF='https://a.test/' id=q>1</A>\r\n"
        "<map><area href=https://b.test></map><a name=x>"
    )
    result = rewrite(html, "")
    assert result.html == (
        "<p>é &nbsp;<A class='b' HREF='{{ relay_link[0] }}' id=q>1</A>\r\n"
        '<map><area href="{{ relay_link[1] }}"></map><a name=x>'
    )
    assert [(link.index, link.target) for link in result.links] == [
        (0, "https://a.test/"),
        (1, "https://b.test"),
    ]


def test_restoring_the_targets_gives_the_original_back() -> None:
    html = "".join(f"<td>{n}" + anchor(f"https://a.test/{n}?x={{{{ contact.id }}}}") for n in range(50))
    result = rewrite(html, "")
    back = re.sub(
        r"\{\{ relay_link\[(\d+)\] \}\}", lambda found: result.links[int(found[1])].target, result.html
    )
    assert back == html


def test_a_target_may_hold_liquid() -> None:
    assert targets("""<a href="https://a.test/{{ x | append: "q>" }}?b=1&amp;c=2">x</a>""") == [
        'https://a.test/{{ x | append: "q>" }}?b=1&c=2'
    ]
    assert targets(anchor("{{ contact.coupon_url }}")) == ["{{ contact.coupon_url }}"]


@pytest.mark.parametrize(
    "target",
    [
        "mailto:a@b.test",
        "TEL:+81",
        "sms:1",
        "#top",
        "",
        "{{ unsubscribe_url }}",
        "{{view_url}}",
        "{{- unsubscribe_url -}}",
    ],
)
def test_what_is_no_web_page_of_somebody_else_is_left_alone(target: str) -> None:
    html = anchor(target)
    assert rewrite(html, html).html == html
    assert targets(html) == []


def test_a_target_that_uses_a_loop_variable_is_left_alone() -> None:
    html = (
        "{% for p in l %}" + anchor("https://a.test/{{ p.id }}") + "{% endfor %}" + anchor("https://b.test")
    )
    assert targets(html) == ["https://b.test"]


def test_a_link_can_opt_out_and_its_mark_goes() -> None:
    html = '<a class="b" data-relay="no-track" href="https://a.test">x</a>'
    assert rewrite(html, "").html == '<a class="b" href="https://a.test">x</a>'
    assert targets(html) == []
    assert code('<a data-relay="no-track" href="javascript:x">x</a>') == "scheme_refused"


def test_addresses_in_the_text_share_the_index_of_the_html() -> None:
    text = (
        "見る https://a.test/?q={{ x | default: 'a b' }}。\n(https://b.test/x?y=(1)).\nhttps://c.testをご覧"
    )
    result = rewrite(anchor("https://a.test/?q={{ x | default: 'a b' }}"), text)
    assert result.text == "見る {{ relay_link[0] }}。\n({{ relay_link[1] }}).\n{{ relay_link[2] }}をご覧"
    assert [link.target for link in result.links][1:] == ["https://b.test/x?y=(1)", "https://c.test"]


@pytest.mark.parametrize(
    "text",
    ["https://例え.テスト/x", "https://a.test/パス", "https://...", "{{ unsubscribe_url }}", "www.a.test"],
)
def test_what_may_not_be_the_whole_address_is_left_alone_in_text(text: str) -> None:
    assert rewrite("", text).text == text


def test_a_bad_link_is_refused_with_its_place() -> None:
    with pytest.raises(BadLink) as caught:
        extract_links("<p>\n <a href='ftp://a.test'>")
    assert (caught.value.code, caught.value.line, caught.value.column) == ("scheme_refused", 2, 5)
    with pytest.raises(BadLink) as caught:
        rewrite("", "see\nhttps://u:p@a.test")
    assert (caught.value.code, caught.value.line, caught.value.column) == ("credentials", 2, 1)


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("https://user@a.test/", "credentials"),
        ("https://{{ host }}/", "host_from_field"),
        ("https://a.{{ host }}/", "host_from_field"),
        ("https:///x", "host_missing"),
        ("https:a.test", "host_missing"),
        ("https://a b.test/", "host_invalid"),
        (r"https://a.test\@b.test/", "host_invalid"),
        ("https://a..test/", "host_invalid"),
        ("https://xn--/", "host_invalid"),
        ("//a.test/x", "link_relative"),
        ("www.a.test/x", "link_relative"),
        ("java{{ x }}script:alert(1)", "scheme_refused"),
        ("data:text/html,x", "scheme_refused"),
        ("https://a.test/\nx", "control_character"),
        ("https://a.test/" + "a" * 2048, "address_too_long"),
    ],
)  # fmt: skip
def test_a_target_that_no_rendering_can_make_good_is_refused(target: str, expected: str) -> None:
    assert code(anchor(target)) == expected


@pytest.mark.parametrize(
    "key", [key for key, case in CASES.items() if WITH_TEXT[key] and case["expect"] == "reject"]
)
def test_each_case_to_refuse_is_refused(key: str) -> None:
    assert code(anchor(WITH_TEXT[key]))


@pytest.mark.parametrize(
    "key", [key for key, case in CASES.items() if WITH_TEXT[key] and case["expect"] == "accept"]
)
def test_each_case_to_accept_is_kept_as_it_is(key: str) -> None:
    target = WITH_TEXT[key]
    assert targets(anchor(target)) in ([target], [])


@pytest.mark.parametrize("key", ["url-001", "url-023", "url-024"])
def test_the_redirect_goes_to_the_same_bytes(key: str) -> None:
    assert ascii_address(WITH_TEXT[key]) == WITH_TEXT[key]


def test_the_redirect_of_an_international_address_is_ascii() -> None:
    assert ascii_address(WITH_TEXT["url-022"]) == (
        "https://xn--r8jz45g.xn--zckzah/%E3%83%91%E3%82%B9?q=%E5%80%A4"
    )


@pytest.mark.parametrize("address", ["javascript:x", "https://a\x00.test", "https://u@a.test", "{{ x }}", ""])
def test_a_rendered_target_is_judged_again(address: str) -> None:
    with pytest.raises(BadLink):
        check_target(address)


def test_the_pixel_stands_before_the_last_end_of_the_body_or_at_the_end() -> None:
    pixel = '<img src="{{ relay_pixel }}" width="1" height="1" alt="">'
    assert (
        insert_pixel("<body>x<!-- </body> --></BODY></html>")
        == f"<body>x<!-- </body> -->{pixel}</BODY></html>"
    )
    assert insert_pixel("x") == f"x{pixel}"
