"""Make the plain text part of a mail from its HTML, Liquid tags kept."""

import re
from html import unescape

from relay_saas.mail.entities import attribute_text
from relay_saas.mail.html_scan import Kind, Piece, pieces
from relay_saas.mail.liquid_guard import guard

VOID = frozenset(
    ("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr")
)
SKIPPED = frozenset(("head", "script", "style", "title", "template"))
BLOCKS = frozenset(("address", "blockquote", "div", "dl", "li", "ol", "pre", "section", "table", "tr", "ul"))
PARAGRAPHS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6", "p"))
HIDDEN = re.compile(r"display\s*:\s*none", re.IGNORECASE)
BLANKS = re.compile(r"[ \t\r\n\f\xa0]+")
RULE = "-" * 30


def text_from_html(html: str) -> str:
    """The text that a reader of `html` sees, LF line ends: `label ( address )` for links, alt for images."""
    guarded = guard(html)
    reader = TextReader()
    position = 0
    # the standard library's parser needs time in the square of the length on hostile input
    for piece in pieces(guarded.text):
        reader.read_text(unescape(guarded.text[position : piece.start]))
        position = piece.end
        if piece.kind is Kind.START:
            reader.open_element(piece)
        elif piece.kind is Kind.END:
            reader.close_element(piece.name)
    reader.read_text(unescape(guarded.text[position:]))
    return guarded.restore(reader.text())


class TextReader:
    """Collects text, line by line."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        #: the element being skipped, and how many of that name are open within
        self.skipped = ""
        self.depth = 0
        #: address of the open link, and where its label starts in `parts`
        self.link: tuple[str, int] | None = None
        #: one entry per open list: the last number, or None for bullets
        self.lists: list[int | None] = []

    def open_element(self, tag: Piece) -> None:
        """Open an element."""
        values = {item.name: attribute_text(item.value) for item in reversed(tag.attributes)}
        if self.skipped:
            self.depth += tag.name == self.skipped
        elif tag.name in SKIPPED or (tag.name not in VOID and HIDDEN.search(values.get("style", ""))):
            self.skipped, self.depth = tag.name, 1
        elif tag.name == "a":
            self.link = (values.get("href", ""), len(self.parts))
        elif tag.name == "img":
            self.parts.append(values.get("alt", ""))
        else:
            self.open_block(tag.name)

    def open_block(self, tag: str) -> None:
        """Start a line, an item or a paragraph."""
        if tag == "br":
            self.parts.append("\n")
        elif tag == "hr":
            self.new_line()
            self.parts.append(f"{RULE}\n")
        elif tag in ("ol", "ul"):
            self.lists.append(0 if tag == "ol" else None)
        if tag in PARAGRAPHS:
            self.parts.append("\n\n")
        elif tag in BLOCKS:
            self.new_line()
        if tag == "li":
            self.parts.append(self.item_mark())

    def item_mark(self) -> str:
        """The bullet or number of the next item."""
        number = self.lists[-1] if self.lists else None
        if number is None:
            return "- "
        self.lists[-1] = number + 1
        return f"{number + 1}. "

    def close_element(self, tag: str) -> None:
        """Close an element."""
        if self.skipped:
            self.depth -= tag == self.skipped
            if not self.depth:
                self.skipped = ""
        elif tag == "a" and self.link:
            self.close_link(*self.link)
        elif tag in ("ol", "ul") and self.lists:
            self.lists.pop()
            self.parts.append("\n")
        elif tag in PARAGRAPHS:
            self.parts.append("\n\n")
        elif tag in BLOCKS:
            self.new_line()
        elif tag in ("td", "th"):
            self.parts.append(" ")

    def close_link(self, address: str, start: int) -> None:
        """Write the address behind its label, unless it is the label or leads nowhere."""
        self.link = None
        label = BLANKS.sub(" ", "".join(self.parts[start:])).strip()
        shown = address.strip()
        if not label:
            # a link around a picture without a name says nothing in text
            del self.parts[start:]
        elif shown and not shown.startswith("#") and shown.removeprefix("mailto:") != label:
            self.parts.append(f" ( {shown} )")

    def read_text(self, data: str) -> None:
        """Keep text; line breaks in the source are blanks."""
        text = BLANKS.sub(" ", data)
        if text and not self.skipped and not (text == " " and self.at_line_start()):
            self.parts.append(text)

    def at_line_start(self) -> bool:
        """Whether nothing stands in the line yet."""
        return not self.parts or self.parts[-1].endswith("\n")

    def new_line(self) -> None:
        """End the line, if anything stands in it."""
        if not self.at_line_start():
            self.parts.append("\n")

    def text(self) -> str:
        """What was read: lines trimmed, at most one empty line in a row."""
        lines = (BLANKS.sub(" ", line).strip() for line in "".join(self.parts).split("\n"))
        return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n") + "\n"
