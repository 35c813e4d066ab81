"""The scanner finds tags by position, in time that grows with the length only."""

from hypothesis import given
from hypothesis import strategies as st

from relay_saas.mail.entities import attribute_text
from relay_saas.mail.html_scan import Kind, liquid_spans, pieces, start_tags, without_liquid
from relay_saas.mail.liquid_guard import guard, liquid_outside_values

FRAGMENTS = [
    "<a ",
    "href=",
    '"',
    "'",
    ">",
    "</a>",
    "<!--",
    "-->",
    "{{",
    "}}",
    "{%",
    "%}",
    "x",
    " ",
    "<style>",
    "&",
    "é",
]


def names(html: str) -> list[tuple[Kind, str]]:
    return [(piece.kind, piece.name) for piece in pieces(html)]


def test_tags_comments_and_raw_text_are_told_apart() -> None:
    html = "<!doctype html><!--[if !mso]><!--><A x=1>t</a><style>a{}<b></STYLE><br/>"
    assert names(html) == [
        (Kind.COMMENT, ""),
        (Kind.COMMENT, ""),
        (Kind.START, "a"),
        (Kind.END, "a"),
        (Kind.START, "style"),
        (Kind.RAW, "style"),
        (Kind.END, "style"),
        (Kind.START, "br"),
    ]


def test_links_in_comments_and_raw_text_are_no_tags() -> None:
    html = "<!-- <a href=x> --><title><a href=y></title><script>'<a href=z>'</script>"
    assert [tag.name for tag in start_tags(html)] == ["title", "script"]


def test_attributes_have_positions_of_their_values() -> None:
    html = """<p><a b ID = 'x y' href=http://x/?a=1&amp;b=2 c="">"""
    tag = list(start_tags(html))[1]
    assert [(item.name, item.value) for item in tag.attributes] == [
        ("b", ""),
        ("id", "x y"),
        ("href", "http://x/?a=1&amp;b=2"),
        ("c", ""),
    ]
    assert all(html[item.value_start : item.value_end] == item.value for item in tag.attributes)


def test_liquid_is_opaque_wherever_it_stands() -> None:
    html = """{% if a < b %}<a href="{{ u | default: "x>" }}?q" c>{{ '<b>' }}</a>"""
    (tag,) = start_tags(html)
    assert [(item.name, item.value) for item in tag.attributes] == [
        ("href", '{{ u | default: "x>" }}?q'),
        ("c", ""),
    ]


def test_an_unclosed_liquid_tag_is_text() -> None:
    assert list(liquid_spans("{{ a }} {{ b")) == [(0, 7)]
    assert without_liquid("x{{ a }}y") == "x_______y"


def test_a_document_that_ends_inside_a_tag_ends_there() -> None:
    assert names("<p><a href='x") == [(Kind.START, "p")]
    assert names("<p></a") == [(Kind.START, "p")]


@given(st.lists(st.sampled_from(FRAGMENTS)).map("".join))
def test_pieces_follow_each_other_and_the_guard_gives_everything_back(html: str) -> None:
    end = 0
    for piece in pieces(html):
        assert end <= piece.start <= piece.end <= len(html)
        end = piece.end
    for comments in (False, True):
        guarded = guard(html, comments=comments)
        assert guarded.restore(guarded.text) == html
        assert guarded.missing(guarded.text) == []
        assert not list(liquid_spans(guarded.text))


def test_tokens_in_text_are_comments_and_elsewhere_bare() -> None:
    guarded = guard("<title>{{ a }}</title><table>{% b %}<tr c='{{ d }}'>", comments=True)
    assert guarded.text == "<title>lq00000z</title><table><!--lq00001z--><tr c='lq00002z'>"


def test_a_token_never_looks_like_the_senders_own_text() -> None:
    source = "LQ00000Z {{ a }} lqq"
    guarded = guard(source)
    assert guarded.text == "LQ00000Z lqqq00000z lqq"
    assert guarded.restore(guarded.text) == source


def test_liquid_beside_attributes_is_found() -> None:
    assert liquid_outside_values("<a b='{{ c }}'>{{ d }}</a>") is None
    assert liquid_outside_values("<a b='{{ c }}' {% if d %}e{% endif %}>") == 15


def test_entities_in_attributes_are_read_as_browsers_do() -> None:
    assert attribute_text("?a=1&amp;b=2&copy=3&#106;&notit;&lt") == "?a=1&b=2&copy=3j&notit;<"
    assert attribute_text("{{ x | append: '&amp;' }}&amp;") == "{{ x | append: '&amp;' }}&"
