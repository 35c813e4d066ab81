"""The text part says what the HTML shows."""

from relay_saas.mail.text_part import text_from_html


def test_blocks_lists_and_tables_become_lines() -> None:
    html = (
        "<h1>見出し</h1><p>One\n  two</p><ul><li>a<li>b</li></ul><ol>\n<li>x</li>\n<li>y</li></ol>"
        "<table><tr><td>c</td><td>d</td></tr><tr><td>e</td></tr></table><hr>end<br>last"
    )
    assert text_from_html(html) == (
        "見出し\n\nOne two\n\n- a\n- b\n\n1. x\n2. y\n\nc d\ne\n" + "-" * 30 + "\nend\nlast\n"
    )


def test_a_link_shows_its_address_once() -> None:
    html = (
        '<a href="https://x.test/?a=1&amp;b=2">Shop</a> <a href="https://y.test">https://y.test</a> '
        '<a href="mailto:a@b.test">a@b.test</a> <a href="#top">up</a> '
        '<a href="https://z.test"><img src=x></a>'
    )
    expected = "Shop ( https://x.test/?a=1&b=2 ) https://y.test a@b.test up\n"
    assert text_from_html(html) == expected


def test_pictures_speak_by_their_alternative_text() -> None:
    assert text_from_html('<p><img src=x alt="夏の&quot;セール&quot;"></p>') == '夏の"セール"\n'


def test_what_is_hidden_is_not_read() -> None:
    html = (
        "<head><title>t</title><style>a{}</style></head><!-- c -->"
        "<div style='display: NONE'>pre<div>in</div></div><p>shown</p><script>x</script>"
    )
    assert text_from_html(html) == "shown\n"


def test_liquid_comes_through_untouched_and_in_order() -> None:
    html = (
        """{% if a < b %}<p>Hi {{ n | default: "<x>  y" }}</p>{% endif %}"""
        """<a href="{{ unsubscribe_url }}">配信停止</a>"""
    )
    expected = (
        '{% if a < b %}\n\nHi {{ n | default: "<x>  y" }}\n\n{% endif %}配信停止 ( {{ unsubscribe_url }} )\n'
    )
    assert text_from_html(html) == expected


def test_an_end_tag_too_many_does_no_harm() -> None:
    assert text_from_html("</a></ul></p>x</div></title>") == "x\n"


def test_hostile_input_ends() -> None:
    for part in ("<a ", "<div>", "</p>", "<!--", "<![CDATA[", "<script></", "&#", "<a x='"):
        assert text_from_html(part * 20_000).endswith("\n")
