"""Read character references in an attribute value as browsers do (WHATWG HTML, 13.2.5.73)."""

import re
from html import unescape
from html.entities import html5

from relay_saas.mail.html_scan import liquid_spans

# Without a semicolon a name counts only if no letter, digit or "=" follows: `?a=1&copy=2` holds no reference.
REFERENCE = re.compile(r"&(?:#[0-9]+|#[xX][0-9a-fA-F]+|([A-Za-z][A-Za-z0-9]*))(?:;|(?![A-Za-z0-9=]))")


def attribute_text(value: str) -> str:
    """`value` with its references decoded, its Liquid tags left as they are."""
    parts: list[str] = []
    position = 0
    for start, end in liquid_spans(value):
        parts += decoded(value[position:start]), value[start:end]
        position = end
    return "".join((*parts, decoded(value[position:])))


def decoded(value: str) -> str:
    """`value` with its references decoded."""
    return REFERENCE.sub(character, value)


def character(found: re.Match[str]) -> str:
    """What one reference stands for; an unknown name stays as written."""
    return unescape(found[0]) if found[1] is None or found[0][1:] in html5 else found[0]
