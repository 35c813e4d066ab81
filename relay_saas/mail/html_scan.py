"""Find tags and attributes in HTML by position, so that a change leaves every other byte as it was.

Liquid tags are opaque: nothing between `{{` and `}}` or `{%` and `%}` opens, closes or quotes anything.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from functools import cache

OPENING = re.compile(r"\{[{%]")
CLOSING = {"{{": "}}", "{%": "%}"}
MARKUP = re.compile(r"<(?:!--|[!?/]|[a-zA-Z])")
NAME = re.compile(r"[^\s/>]*")
BETWEEN = re.compile(r"[\s/]*")
ATTRIBUTE = re.compile(r"""([^\s/>][^\s/>=]*)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]*)))?""")
#: elements whose content is text up to their end tag, whatever stands in it
RAW_TEXT = frozenset(("script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes"))


class Kind(Enum):
    """What a piece of HTML that is not text is."""

    COMMENT = "comment"
    START = "start"
    END = "end"
    RAW = "raw"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute:
    """One attribute; positions count characters of the whole document."""

    #: lower case
    name: str
    #: as written, entities and Liquid included; empty where there is none
    value: str
    start: int
    end: int
    #: the value without its quotes
    value_start: int
    value_end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A comment or declaration, a start tag, an end tag, or the content of a raw text element."""

    kind: Kind
    start: int
    end: int
    #: lower case name of the element; empty for a comment
    name: str = ""
    attributes: tuple[Attribute, ...] = ()

    def attribute(self, name: str) -> Attribute | None:
        """The first attribute of that name, which is the one that counts."""
        return next((item for item in self.attributes if item.name == name), None)


def liquid_spans(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of each Liquid tag; one that is not closed is text."""
    position = 0
    while opening := OPENING.search(text, position):
        closing = text.find(CLOSING[opening[0]], opening.end())
        if closing < 0:
            return
        position = closing + 2
        yield opening.start(), position


def without_liquid(text: str) -> str:
    """`text` with each Liquid tag replaced by as many underscores."""
    parts: list[str] = []
    position = 0
    for start, end in liquid_spans(text):
        parts += text[position:start], "_" * (end - start)
        position = end
    return "".join((*parts, text[position:]))


def pieces(html: str) -> Iterator[Piece]:
    """All that is not text, in document order; the rest of a document that ends inside a tag is skipped."""
    masked = without_liquid(html)
    position = 0
    while found := MARKUP.search(masked, position):
        piece = piece_at(html, masked, found)
        if piece is None:
            return
        yield piece
        position = piece.end
        if piece.kind is Kind.START and piece.name in RAW_TEXT:
            closing = raw_end(piece.name).search(masked, position)
            position = closing.start() if closing else len(html)
            yield Piece(kind=Kind.RAW, start=piece.end, end=position, name=piece.name)


def piece_at(html: str, masked: str, found: re.Match[str]) -> Piece | None:
    """The piece that begins at a match of MARKUP, or None where the document ends within it."""
    if found[0] in ("<!--", "<!", "<?"):
        return comment(masked, found)
    if found[0] == "</":
        return end_tag(masked, found)
    return start_tag(html, masked, found.start())


def start_tags(html: str) -> Iterator[Piece]:
    """The start tags only."""
    return (piece for piece in pieces(html) if piece.kind is Kind.START)


def comment(masked: str, found: re.Match[str]) -> Piece:
    """A comment or declaration; one without an end reaches to the end of the document."""
    closing = "-->" if found[0] == "<!--" else ">"
    end = masked.find(closing, found.start() + 2)
    return Piece(kind=Kind.COMMENT, start=found.start(), end=len(masked) if end < 0 else end + len(closing))


def end_tag(masked: str, found: re.Match[str]) -> Piece | None:
    """An end tag."""
    end = masked.find(">", found.end())
    if end < 0:
        return None
    name = NAME.match(masked, found.end())
    return Piece(kind=Kind.END, start=found.start(), end=end + 1, name=name[0].lower() if name else "")


def start_tag(html: str, masked: str, start: int) -> Piece | None:
    """A start tag with its attributes."""
    name = NAME.match(masked, start + 1)
    position = name.end() if name else start + 1
    attributes = []
    while True:
        if between := BETWEEN.match(masked, position):
            position = between.end()
        if masked[position : position + 1] == ">":
            break
        found = ATTRIBUTE.match(masked, position)
        if found is None:
            return None
        attributes.append(attribute(html, found))
        position = found.end()
    tag = name[0].lower() if name else ""
    return Piece(kind=Kind.START, start=start, end=position + 1, name=tag, attributes=tuple(attributes))


def attribute(html: str, found: re.Match[str]) -> Attribute:
    """One attribute out of its match on the masked text."""
    group = next((number for number in (2, 3, 4) if found[number] is not None), None)
    value_start, value_end = found.span(group) if group else (found.end(), found.end())
    return Attribute(
        name=found[1].lower(),
        value=html[value_start:value_end],
        start=found.start(),
        end=found.end(),
        value_start=value_start,
        value_end=value_end,
    )


@cache
def raw_end(name: str) -> re.Pattern[str]:
    """Matches the end tag of a raw text element."""
    return re.compile(rf"</{name}(?=[\s/>])", re.IGNORECASE)
