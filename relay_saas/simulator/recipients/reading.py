"""What a mail program finds in a message: pictures, links, the one-click address (RFC 2369, RFC 8058)."""

import email.policy
import re
from dataclasses import dataclass
from email.message import EmailMessage, Message
from html.parser import HTMLParser
from urllib.parse import urlsplit

UNSUBSCRIBE_URL = re.compile(r"<\s*(https?://[^>\s]+)\s*>", re.IGNORECASE)
TAGS = re.compile(r"<(?:a|img)\s[^>]*>", re.IGNORECASE)
TRACKING_PREFIX = "t."


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The URLs of a message that lead to its sender's tracking host."""

    pictures: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    #: The URL for a one-click POST; empty where the message does not offer it.
    one_click: str = ""

    @property
    def everything(self) -> tuple[str, ...]:
        """Every URL once, in order."""
        return tuple(dict.fromkeys((*self.pictures, *self.links, *filter(None, (self.one_click,)))))


class _Urls(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.pictures: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag == "img" and values.get("src"):
            self.pictures.append(values["src"] or "")
        if tag == "a" and values.get("href"):
            self.links.append(values["href"] or "")


def parse(message: bytes) -> EmailMessage:
    """The message as the standard library reads it."""
    return email.message_from_bytes(message, policy=email.policy.default)


def is_tracking(url: str) -> bool:
    """Whether a URL leads to a tracking host, `t.<domain>`, over http or https."""
    try:
        parts = urlsplit(url)
        return parts.scheme in {"http", "https"} and (parts.hostname or "").startswith(TRACKING_PREFIX)
    except ValueError:
        return False


def read(message: bytes) -> Reading:
    """What a mail program would find in these bytes; reads headers and tags, and no more, since
    thousands react."""
    parsed = email.message_from_bytes(message)
    urls = _Urls()
    for tag in TAGS.finditer(_html(parsed)):
        urls.feed(tag[0])
    one_click = UNSUBSCRIBE_URL.search(_header(parsed, "List-Unsubscribe"))
    offered = "list-unsubscribe=one-click" in _header(parsed, "List-Unsubscribe-Post").lower()
    target = one_click[1] if one_click and offered and is_tracking(one_click[1]) else ""
    return Reading(
        pictures=tuple(dict.fromkeys(filter(is_tracking, urls.pictures))),
        links=tuple(link for link in dict.fromkeys(filter(is_tracking, urls.links)) if link != target),
        one_click=target,
    )


def _html(parsed: Message) -> str:
    """The first HTML part."""
    for part in parsed.walk():
        if part.get_content_type() == "text/html":
            payload = part.get_payload(decode=True)
            return payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""
    return ""


def _header(parsed: Message, name: str) -> str:
    return "".join(str(parsed.get(name, "")).split("\r\n"))
