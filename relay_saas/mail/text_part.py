"""Make the plain text part of a mail from its HTML, Liquid tags kept."""

import re
from html.parser import HTMLParser

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
    reader.feed(guarded.text)
    reader.close()
    return guarded.restore(reader.text())


class TextReader(HTMLParser):
    """Collects text, line by line."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        #: the element being skipped, and how many of that name are open within
        self.skipped = ""
        self.depth = 0
        #: address of the open link, and where its label starts in `parts`
        self.link: tuple[str, int] | None = None
        #: one entry per open list: the last number, or None for bullets
        self.lists: list[int | None] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open an element."""
        attributes = dict(attrs)
        if self.skipped:
            self.depth += tag == self.skipped
        elif tag in SKIPPED or (tag not in VOID and HIDDEN.search(attributes.get("style") or "")):
            self.skipped, self.depth = tag, 1
        elif tag == "a":
            self.link = (attributes.get("href") or "", len(self.parts))
        elif tag == "img":
            self.parts.append(attributes.get("alt") or "")
        else:
            self.open_block(tag)

    def open_block(self, tag: str) -> None:
        """Start a line, an item or a paragraph."""
        if tag == "br":
            self.parts.append("\n")
        elif tag == "hr":
            self.parts.append(f"\n{RULE}\n")
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

    def handle_endtag(self, tag: str) -> None:
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

    def handle_data(self, data: str) -> None:
        """Keep text; line breaks in the source are blanks."""
        text = BLANKS.sub(" ", data)
        if not self.skipped and not (text == " " and self.at_line_start()):
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
