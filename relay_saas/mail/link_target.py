"""Decide whether an address may be the target of a link (RFC 3986, and what browsers make of it)."""

import re
from typing import Any
from urllib.parse import quote

import idna

from relay_saas.mail.html_scan import liquid_spans
from relay_saas.mail.source import SourceError

#: longer addresses break in mail clients and proxies
CHARACTERS = 2_048
CONTROL = re.compile(r"[\x00-\x1f\x7f]")
SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.\-\x00]*):")
PARTS = re.compile(r"(https?):(//)?([^/?#\\]*)(.*)", re.IGNORECASE | re.DOTALL)
AUTHORITY = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^\[\]:\s]+)(:\d{1,5})?")
ASCII_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,251}[A-Za-z0-9])?\.?|\[.*\]")
#: stands for a merge tag while a template of an address is judged
FIELD = "\x00"

MESSAGES = {
    "control_character": "the address of a link holds a line break or another control character",
    "address_too_long": f"the address of a link is longer than {CHARACTERS} characters",
    "scheme_refused": "a link may only lead to an http or https address",
    "link_relative": "the address of a link must start with https://",
    "host_missing": "the address of a link names no host",
    "host_from_field": "the host of a link must be written out: a merge field could send people anywhere",
    "host_invalid": "the host of a link is not valid",
    "credentials": "the address of a link holds a user name or password",
}


class BadLink(SourceError):
    """A link that may not be sent."""

    def __init__(self, code: str, line: int | None = None, column: int | None = None) -> None:
        super().__init__(code, MESSAGES[code], line, column)

    def __reduce__(self) -> tuple[type["BadLink"], tuple[Any, ...]]:
        return type(self), (self.code, self.line, self.column)


def check_template(target: str) -> None:
    """Raise BadLink for a target (Liquid inside allowed) that no rendering can make good.

    A target that starts with a merge field can only be judged when it is rendered: see `check_target`.
    """
    literal: list[str] = []
    position = 0
    for start, end in liquid_spans(target):
        literal += target[position:start], ""
        position = end
    literal.append(target[position:])
    if any(CONTROL.search(part) for part in literal):
        raise BadLink("control_character")
    whole = FIELD.join(part for number, part in enumerate(literal) if number % 2 == 0)
    if not whole.startswith(FIELD):
        check(whole)


def check_target(address: str) -> None:
    """Raise BadLink for a rendered address that may not be opened; call it before a redirect."""
    if CONTROL.search(address):
        raise BadLink("control_character")
    check(address)


def check(address: str) -> None:
    """Judge an address without control characters but for FIELD."""
    if len(address) > CHARACTERS:
        raise BadLink("address_too_long")
    parts = PARTS.fullmatch(address)
    if parts is None:
        raise BadLink("scheme_refused" if SCHEME.match(address) else "link_relative")
    authority = parts[3]
    if FIELD in authority:
        raise BadLink("host_from_field")
    if "@" in authority:
        raise BadLink("credentials")
    if not parts[2] or not authority:
        raise BadLink("host_missing")
    if parts[4].startswith("\\"):
        raise BadLink("host_invalid")
    ascii_authority(authority)


def ascii_authority(authority: str) -> str:
    """Host and port in ASCII. Raises BadLink."""
    found = AUTHORITY.fullmatch(authority)
    if found is None:
        raise BadLink("host_invalid")
    host = found[1]
    if not host.isascii():
        try:
            host = idna.encode(host, uts46=True).decode()
        except (idna.IDNAError, UnicodeError) as error:
            raise BadLink("host_invalid") from error
    if not ASCII_HOST.fullmatch(host) or ".." in host:
        raise BadLink("host_invalid")
    return host + (found[2] or "")


def ascii_address(address: str) -> str:
    """An address as it stands in a Location header: host by IDNA, the rest percent-encoded where needed.

    What is percent-encoded already stays as it is. Raises BadLink.
    """
    check_target(address)
    parts = PARTS.fullmatch(address)
    if parts is None:
        raise BadLink("link_relative")
    rest = quote(parts[4], safe="!#$%&'()*+,/:;=?@[]~")
    return f"{parts[1].lower()}://{ascii_authority(parts[3])}{rest}"
