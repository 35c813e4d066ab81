"""Check the structure of MJML, because the compiler passes wrong names and end tags in silence."""

from difflib import get_close_matches

from relay_saas.mail.html_scan import Kind, Piece, pieces
from relay_saas.mail.source import SourceError, place

# fmt: off
ELEMENTS = frozenset((
    "mjml", "mj-accordion", "mj-accordion-element", "mj-accordion-text", "mj-accordion-title", "mj-all",
    "mj-attributes", "mj-body", "mj-breakpoint", "mj-button", "mj-carousel", "mj-carousel-image", "mj-class",
    "mj-column", "mj-divider", "mj-font", "mj-group", "mj-head", "mj-hero", "mj-image", "mj-navbar",
    "mj-navbar-link", "mj-preview", "mj-raw", "mj-section", "mj-social", "mj-social-element", "mj-spacer",
    "mj-style", "mj-table", "mj-text", "mj-title", "mj-wrapper",
))
# fmt: on


class MarkupProblem(SourceError):
    """The MJML or HTML cannot be compiled."""


def check_structure(source: str) -> None:
    """Raise MarkupProblem for an include, an unknown element, or an end tag that does not fit."""
    elements = (piece for piece in pieces(source) if piece.name.startswith("mj"))
    if next(elements, Piece(kind=Kind.END, start=0, end=0)).name != "mjml":
        raise MarkupProblem("mjml_missing", "the source does not start with <mjml>", 1, 1)
    open_elements: list[Piece] = []
    for piece in pieces(source):
        if not piece.name.startswith("mj") or piece.kind not in (Kind.START, Kind.END):
            continue
        if piece.kind is Kind.END:
            close(source, open_elements, piece)
            continue
        check_name(source, piece)
        if not source.endswith("/>", piece.start, piece.end):
            open_elements.append(piece)
    if open_elements:
        last = open_elements[-1]
        raise MarkupProblem("tag_unclosed", f"<{last.name}> is not closed", *place(source, last.start))


def check_name(source: str, piece: Piece) -> None:
    """Refuse what is not offered."""
    where = place(source, piece.start)
    if piece.name == "mj-include":
        raise MarkupProblem("include_refused", "mj-include is not offered", *where)
    if piece.name not in ELEMENTS:
        close_names = get_close_matches(piece.name, sorted(ELEMENTS), n=1)
        hint = f", did you mean <{close_names[0]}>?" if close_names else ""
        raise MarkupProblem("element_unknown", f"unknown element <{piece.name}>{hint}", *where)


def close(source: str, open_elements: list[Piece], piece: Piece) -> None:
    """Take the element that `piece` closes off the list."""
    if not open_elements or open_elements[-1].name != piece.name:
        expected = f", </{open_elements[-1].name}> was expected" if open_elements else ""
        raise MarkupProblem(
            "tag_mismatch", f"</{piece.name}> closes nothing{expected}", *place(source, piece.start)
        )
    open_elements.pop()
