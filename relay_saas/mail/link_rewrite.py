"""Find the links of a mail, check their targets, and put the relay's own addresses in their place."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from relay_saas.mail.entities import attribute_text
from relay_saas.mail.html_scan import Kind, liquid_spans, pieces, start_tags
from relay_saas.mail.link_target import CHARACTERS, FIELD, BadLink, check_template
from relay_saas.mail.source import place

#: names that the sender fills and that lead to our own pages
OWN_PAGES = re.compile(r"\{\{-?\s*(?:unsubscribe_url|view_url)\s*-?\}\}")
UNTOUCHED_SCHEMES = ("mailto:", "tel:", "sms:")
LOCAL_NAME = re.compile(r"\{%-?\s*(?:assign|capture|for)\s+([\w-]+)")
NAME = re.compile(r"[A-Za-z_][\w-]*")
PIXEL = '<img src="{{ relay_pixel }}" width="1" height="1" alt="">'
# An address in text ends at the first blank, bracket, quote or letter beyond ASCII. Such a letter may belong
# to an international address, which is then left alone, unless it is a Japanese particle or a mark.
TEXT_ADDRESS = re.compile(
    r"https?://(?>[!#$%&'*+,\-./0-9:;=?@A-Z_a-z~()\[\]\x00]+)(?![^\x00-\x7f\u3000-\u309f\uff00-\uffef])",
    re.IGNORECASE,
)
TRAILING = ".,:;!?'*)]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One click target."""

    #: the number in `{{ relay_link[n] }}`, from 0
    index: int
    #: address as it is to be rendered for a recipient (no HTML entities), Liquid included
    target: str
    #: how many links stand before it in the mail, HTML first, then text
    position: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewritten:
    """Both parts with the relay's addresses in them, and what these lead to."""

    html: str
    text: str
    links: tuple[Link, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a target stands in a source."""

    start: int
    end: int
    #: None where the range is only to be removed
    target: str | None
    #: whether the target stands between quotes, or in text
    quoted: bool = True


def rewrite(html: str, text: str) -> Rewritten:
    """Replace the targets of `html` and the bare addresses of `text` by `{{ relay_link[n] }}`.

    Every other character stays. Each link of the HTML has its own index; an address of the text shares the
    index of an equal target in the HTML. Raises BadLink for a target that may not be sent.
    """
    links: list[Link] = []
    new_html = replaced(html, html_places(html), links, {})
    known: dict[str, int] = {}
    for link in links:
        known.setdefault(link.target, link.index)
    new_text = replaced(text, text_places(text), links, known)
    return Rewritten(html=new_html, text=new_text, links=tuple(links))


def extract_links(html: str) -> list[Link]:
    """The links of `html` in document order, as `rewrite` numbers them. Raises BadLink."""
    return list(rewrite(html, "").links)


def replaced(source: str, found: Iterator[Place], links: list[Link], known: dict[str, int]) -> str:
    """`source` with its places replaced; new targets are added to `links`, known ones share an index."""
    parts: list[str] = []
    position = 0
    for item in found:
        parts.append(source[position : item.start])
        position = item.end
        if item.target is None:
            continue
        index = known.get(item.target, len(links))
        if index == len(links):
            links.append(Link(index=index, target=item.target, position=index))
        address = f"{{{{ relay_link[{index}] }}}}"
        parts.append(address if item.quoted else f'"{address}"')
    return "".join((*parts, source[position:]))


def html_places(html: str) -> Iterator[Place]:
    """The targets to replace in `html`, and the marks of links that are not to be tracked."""
    local = local_names(html)
    for tag in start_tags(html):
        link = tag.attribute("href") if tag.name in ("a", "area") else None
        if link is None:
            continue
        target = attribute_text(link.value).strip()
        tracked = is_clickable(target, html, link.start) and not local & names_in(target)
        mark = tag.attribute("data-relay")
        if mark and mark.value.strip().lower() == "no-track":
            yield Place(start=before_blanks(html, mark.start), end=mark.end, target=None)
        elif tracked:
            quoted = html[link.value_start - 1] in "\"'"
            yield Place(start=link.value_start, end=link.value_end, target=target, quoted=quoted)


def is_clickable(target: str, html: str, index: int) -> bool:
    """Whether `target` leads to a web page of somebody else. Raises BadLink, with the place of `index`."""
    if not target or target.startswith("#") or target.lower().startswith(UNTOUCHED_SCHEMES):
        return False
    if OWN_PAGES.search(target):
        return False
    try:
        check_template(target)
    except BadLink as error:
        raise BadLink(error.code, *place(html, index)) from error
    return True


def text_places(text: str) -> Iterator[Place]:
    """The bare addresses in `text`, without the punctuation that follows them."""
    local = local_names(text)
    masked = list(text)
    for start, end in liquid_spans(text):
        masked[start:end] = FIELD * (end - start)
    for found in TEXT_ADDRESS.finditer("".join(masked)):
        end = found.end() - len(trailing(found[0]))
        target = text[found.start() : end]
        if local & names_in(target) or OWN_PAGES.search(target):
            continue
        try:
            check_template(target)
        except BadLink as error:
            if error.code in ("host_missing", "host_invalid"):
                # prose such as "https://..." is no link
                continue
            raise BadLink(error.code, *place(text, found.start())) from error
        yield Place(start=found.start(), end=end, target=target)


def trailing(address: str) -> str:
    """The end of `address` that belongs to the sentence around it."""
    # one that is too long is refused as it is, so that no time goes into its end
    if len(address) > CHARACTERS:
        return ""
    kept = address
    while kept and kept[-1] in TRAILING:
        opening = {")": "(", "]": "["}.get(kept[-1])
        if opening and kept.count(opening) >= kept.count(kept[-1]):
            break
        kept = kept[:-1]
    return address[len(kept) :]


def local_names(source: str) -> set[str]:
    """Names that only exist at some places of the template: a target that uses one cannot stand alone."""
    return {"forloop", *LOCAL_NAME.findall(source)}


def names_in(target: str) -> set[str]:
    """All words inside the Liquid tags of `target`."""
    return {name for start, end in liquid_spans(target) for name in NAME.findall(target[start:end])}


def before_blanks(html: str, index: int) -> int:
    """Where the blanks before `index` start."""
    return len(html[:index].rstrip())


def insert_pixel(html: str) -> str:
    """`html` with the tracking pixel before the last `</body>`, or at the end."""
    ends = [piece.start for piece in pieces(html) if piece.kind is Kind.END and piece.name == "body"]
    position = ends[-1] if ends else len(html)
    return f"{html[:position]}{PIXEL}{html[position:]}"
