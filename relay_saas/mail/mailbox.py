"""One mailbox as people write it (RFC 5322 §3.4): an address alone, or a name and the address in brackets.

Strict on purpose: where two programs could read two addresses, none is read.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from relay_saas.mail.exceptions import MailError
from relay_saas.mail.headers import decode_words

_MAX = 3_000
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
#: What an unquoted name may not hold: the separators of address lists.
_SEPARATORS = re.compile(r'[<>@",;:\\]')


class BadMailbox(MailError):
    """A text that is not one mailbox."""

    reasons = {
        "bad_mailbox": "Write an address, or a name and the address in angle brackets.",
        "name_not_quoted": 'A name with a comma or a sign like it stands in quotation marks: "Acme, Inc.".',
        "list_too_long": "This list of addresses is too long.",
    }


class NamedAddress(NamedTuple):
    """A mailbox; whether the address is one is not yet known."""

    name: str
    address: str


def read_mailbox(text: str) -> NamedAddress:
    """The name and the address in `text`; raises BadMailbox."""
    trimmed = text.strip(" \t")
    if not trimmed.endswith(">"):
        return NamedAddress("", text)
    name, bracket, address = trimmed[:-1].rpartition("<")
    if not bracket or len(text) > _MAX:
        raise BadMailbox("bad_mailbox")
    return NamedAddress(_name(name.strip(" \t")), address)


def split_mailboxes(text: str) -> Iterator[str]:
    """The mailboxes of a list with commas, each as it stands there; raises BadMailbox."""
    if len(text) > 200 * _MAX:
        raise BadMailbox("list_too_long")
    start, quoted, escaped = 0, False, False
    for index, character in enumerate(text):
        if escaped:
            escaped = False
        elif character == "\\" and quoted:
            escaped = True
        elif character == '"':
            quoted = not quoted
        elif character == "," and not quoted:
            if part := text[start:index].strip(" \t"):
                yield part
            start = index + 1
    if part := text[start:].strip(" \t"):
        yield part


def _name(text: str) -> str:
    if quoted := _QUOTED.fullmatch(text):
        return decode_words(_ESCAPED.sub(r"\1", quoted[1]))
    if text.startswith("=?"):
        return decode_words(text)
    if _SEPARATORS.search(text):
        raise BadMailbox("name_not_quoted")
    return text
