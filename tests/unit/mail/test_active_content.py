"""What runs, or is fetched from elsewhere, is taken out; everything else stays where it was."""

import pytest

from relay_saas.mail.active_content import cut, removals


def cleaned(html: str) -> tuple[str, list[str]]:
    found = list(removals(html))
    return cut(html, found), [removal.code for removal in found]


@pytest.mark.parametrize(
    ("html", "expected", "codes"),
    [
        ("a<script>x\n<b></script>c", "a\nc", ["script_removed"]),
        ("a<SCRIPT src=x></script >c", "ac", ["script_removed"]),
        ("a<script>x", "a", ["script_removed"]),
        (
            "<iframe src=x><p></iframe><object data=x><embed></object>y<embed src=z>",
            "y",
            ["frame_removed"] * 3,
        ),
        ("<base href='https://evil.test/'>x", "x", ["base_removed"]),
        (
            "<meta http-equiv=Refresh content=0><meta charset=utf-8>",
            "<meta charset=utf-8>",
            ["refresh_removed"],
        ),
        ("<link rel='StyleSheet' href=x><link rel=icon>", "<link rel=icon>", ["outside_style_removed"]),
        (
            "<style>@import url(x);a{}@IMPORT 'y';</style>",
            "<style>a{}</style>",
            ["outside_style_removed"] * 2,
        ),
        ("<p onclick='x' class=a>", "<p  class=a>", ["handler_removed"]),
        ("<img src=' java&#10;script:x' alt=y>", "<img  alt=y>", ["handler_removed"]),
        ("<animate values=javascript:alert(1) />", "<animate  />", ["handler_removed"]),
        ("<mj-font name=a href=b />", "", ["outside_style_removed"]),
    ],
)
def test_active_content_goes(html: str, expected: str, codes: list[str]) -> None:
    assert cleaned(html) == (expected, codes)


@pytest.mark.parametrize(
    "html",
    [
        "<a href='javascript:x'>left to the check of links</a>",
        "<!--[if mso]><xml></xml><![endif]--><p title='<script>'>{{ '<script>' }}</p>",
        "<style>a{b:c}</style><img src='https://a.test/on.png'>",
    ],
)
def test_everything_else_stays(html: str) -> None:
    assert cleaned(html) == (html, [])
