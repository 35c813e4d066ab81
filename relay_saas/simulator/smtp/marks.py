"""What a provider knows a message by, apart from its envelope: who signed it, where its links lead."""

import email
import re
from collections.abc import Iterator
from email.message import Message
from urllib.parse import urlsplit

SIGNER = re.compile(r"(?:^|;)\s*d\s*=\s*([^\s;]+)")
LINK = re.compile(r"https?://[^\s\"'<>)]+", re.IGNORECASE)


def signers(content: bytes) -> tuple[str, ...]:
    """The d= of every DKIM signature, lower case, each once."""
    fields = _headers(content).get_all("DKIM-Signature", [])
    found = (SIGNER.search(field) for field in fields)
    return tuple(dict.fromkeys(match[1].lower() for match in found if match))


def link_hosts(content: bytes) -> tuple[str, ...]:
    """The hosts of all links in the texts of a message, lower case, each once."""
    message = email.message_from_bytes(content)
    hosts = (host for text in _texts(message) for host in _hosts(text))
    return tuple(dict.fromkeys(hosts))


def _headers(content: bytes) -> Message:
    return email.message_from_bytes(content[: content.find(b"\r\n\r\n") + 2])


def _texts(message: Message) -> Iterator[str]:
    for part in message.walk():
        payload = part.get_payload(decode=True) if part.get_content_maintype() == "text" else None
        if isinstance(payload, bytes):
            yield payload.decode("utf-8", "replace")


def _hosts(text: str) -> Iterator[str]:
    for url in LINK.findall(text):
        try:
            host = urlsplit(url).hostname
        except ValueError:
            continue
        if host:
            yield host
