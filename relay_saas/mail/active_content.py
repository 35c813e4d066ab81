"""Take out of a mail what no mail client runs: scripts, frames, handlers, outside styles."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape

from relay_saas.mail.html_scan import Kind, Piece, pieces

#: elements that go with all they hold
WHOLE = {"script": "script_removed", "iframe": "frame_removed", "object": "frame_removed"}
#: elements of which only the tag goes
TAGS = {"base": "base_removed", "embed": "frame_removed", "mj-font": "outside_style_removed"}
IMPORT = re.compile(r"@import\b[^;{}]*;?", re.IGNORECASE)
IGNORED_BY_BROWSERS = re.compile(r"[\x00-\x20]+")
SCRIPT_SCHEMES = ("javascript:", "vbscript:")


@dataclass(frozen=True, slots=True, kw_only=True)
class Removal:
    """A range of the source that goes, and why."""

    start: int
    end: int
    code: str


def removals(html: str) -> Iterator[Removal]:
    """What to take out, in order and without overlap."""
    open_element, opened_at = "", 0
    for piece in pieces(html):
        if open_element:
            if piece.kind is Kind.END and piece.name == open_element:
                yield Removal(start=opened_at, end=piece.end, code=WHOLE[open_element])
                open_element = ""
        elif piece.kind is Kind.START and piece.name in WHOLE:
            open_element, opened_at = piece.name, piece.start
        elif piece.kind is Kind.START:
            yield from removals_in_tag(piece)
        elif piece.kind is Kind.RAW and piece.name == "style":
            for rule in IMPORT.finditer(html, piece.start, piece.end):
                yield Removal(start=rule.start(), end=rule.end(), code="outside_style_removed")
    if open_element:
        yield Removal(start=opened_at, end=len(html), code=WHOLE[open_element])


def removals_in_tag(tag: Piece) -> Iterator[Removal]:
    """The whole tag, or those of its attributes that would run something."""
    code = TAGS.get(tag.name) or code_of_head_tag(tag)
    if code:
        yield Removal(start=tag.start, end=tag.end, code=code)
        return
    for attribute in tag.attributes:
        value = IGNORED_BY_BROWSERS.sub("", unescape(attribute.value)).lower()
        # the links of a and area are the sender's to mend: they are refused by name, not dropped
        is_link = attribute.name == "href" and tag.name in ("a", "area")
        if attribute.name.startswith("on") or (value.startswith(SCRIPT_SCHEMES) and not is_link):
            yield Removal(start=attribute.start, end=attribute.end, code="handler_removed")


def code_of_head_tag(tag: Piece) -> str | None:
    """Why a link or meta element goes."""
    equivalent, relation = tag.attribute("http-equiv"), tag.attribute("rel")
    if tag.name == "meta" and equivalent and equivalent.value.strip().lower() == "refresh":
        return "refresh_removed"
    if tag.name == "link" and relation and "stylesheet" in relation.value.lower():
        return "outside_style_removed"
    return None


def cut(html: str, found: list[Removal]) -> str:
    """`html` without these ranges; line feeds in them stay, so that places later in the text still fit."""
    parts: list[str] = []
    position = 0
    for removal in found:
        parts += html[position : removal.start], "\n" * html.count("\n", removal.start, removal.end)
        position = removal.end
    return "".join((*parts, html[position:]))
