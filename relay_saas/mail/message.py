"""Messages: one draft in, the octets of one RFC 5322 message out, the same for the same draft."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from relay_saas.mail.addresses import Address, parse_address
from relay_saas.mail.encoding import Encoding, body_part
from relay_saas.mail.headers import (
    BadHeader,
    Field,
    check_header_name,
    check_header_value,
    decode_words,
    encode_address,
    encode_text,
    field,
    fold,
    format_date,
)
from relay_saas.mail.mailbox import read_mailbox, split_mailboxes
from relay_saas.mail.mime import Attachment, BadMessage, structure

__all__ = ("Attachment", "BadMessage", "Draft", "Letter", "build", "letter")

#: fields that the builder, the signer or the servers on the way write; a draft may not bring them
RESERVED_HEADERS = frozenset(
    {
        "from", "sender", "to", "cc", "bcc", "subject", "date", "message-id", "reply-to", "mime-version",
        "return-path", "received", "received-spf", "authentication-results", "dkim-signature", "errors-to",
        "domainkey-signature", "delivered-to", "x-original-to", "apparently-to", "return-receipt-to",
        "disposition-notification-to", "x-relay-trace", "cfbl-address", "cfbl-feedback-id",
    }
)  # fmt: skip
_RESERVED_PREFIXES = ("content-", "arc-", "resent-")
#: fields that mean one thing only, so a second one would be read differently by different programs
SINGLETON_HEADERS = frozenset(
    {
        "in-reply-to", "references", "list-id", "list-unsubscribe", "list-unsubscribe-post", "list-help",
        "list-post", "list-owner", "list-subscribe", "list-archive", "feedback-id", "precedence", "priority",
        "auto-submitted", "importance", "x-priority", "organization", "user-agent", "x-mailer",
    }
)  # fmt: skip
_MESSAGE_ID = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,128}@[a-z0-9.-]{1,120}")
_LOOKS_LIKE_ADDRESS = re.compile(r"[^\s@<>\"'()]+@([^\s@<>\"'()]+\.[^\s@<>\"'()]+)")
_CONTINUED = "\r\n "
Mailboxes = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """One recipient's message before it has octets."""

    from_address: str
    to_address: str
    subject: str
    #: without angle brackets
    message_id: str
    #: with time zone
    date: datetime
    from_name: str = ""
    to_name: str = ""
    #: To and Cc as all recipients of one submission see them, (name, address); empty: To names this one alone
    to: Sequence[tuple[str, str]] = ()
    cc: Sequence[tuple[str, str]] = ()
    reply_to: str | None = None
    html: str | None = None
    text: str | None = None
    #: further fields in their order: plain text, not yet encoded or folded
    headers: Sequence[tuple[str, str]] = ()
    attachments: Sequence[Attachment] = ()


class Letter(NamedTuple):
    """A whole message before it is signed."""

    fields: list[Field]
    #: ends with CRLF; apart from empty lines at its end it is its own relaxed canonical form
    body: bytes
    #: that form of a body that somebody else built
    canonical: bytes | None = None

    def head(self) -> str:
        """The fields as they go on the wire."""
        return "".join([item.wire for item in self.fields])

    def octets(self) -> bytes:
        """The message: CRLF lines of at most 998 octets; ASCII unless an address needs SMTPUTF8."""
        return self.head().encode() + b"\r\n" + self.body


def build(draft: Draft) -> bytes:
    """The octets of `letter`."""
    return letter(draft).octets()


def letter(draft: Draft) -> Letter:
    """The message of a draft.

    Raises:
        BadAddress: an address is not one mailbox.
        BadHeader: a name, subject or further header cannot be carried.
        BadMessage: there is no body, or an attachment is not valid.
    """
    body = structure(_encoded(draft.text), _encoded(draft.html), draft.attachments, draft.message_id)
    fields = [
        date_field(draft.date),
        from_field(draft.from_name, draft.from_address),
        address_field("To", draft.to or [(draft.to_name, draft.to_address)]),
        *([address_field("Cc", draft.cc)] if draft.cc else []),
        *([reply_to_field(draft.reply_to)] if draft.reply_to is not None else []),
        subject_field(draft.subject),
        message_id_field(draft.message_id),
        *further_fields(draft.headers),
        MIME_VERSION,
        *(field(name, value) for name, value in body.fields),
    ]
    return Letter(fields, b"".join([piece for piece in body.pieces if isinstance(piece, bytes)]))


MIME_VERSION = field("MIME-Version", "1.0")


def date_field(when: datetime) -> Field:
    """Date. Raises BadHeader for one without time zone."""
    return _date_field(when.replace(microsecond=0))


@lru_cache(maxsize=64)
def _date_field(second: datetime) -> Field:
    return field("Date", format_date(second))


def message_id_field(message_id: str) -> Field:
    """Message-ID; `message_id` is without brackets. Raises BadHeader."""
    if not _MESSAGE_ID.fullmatch(message_id):
        raise BadHeader("bad_message_id")
    return field("Message-ID", f"<{message_id}>")


def reply_to_field(mailboxes: str) -> Field:
    """Reply-To, of mailboxes as people write them. Raises BadAddress, BadHeader, BadMailbox."""
    return address_field("Reply-To", [read_mailbox(text) for text in split_mailboxes(mailboxes)])


def subject_field(subject: str) -> Field:
    """Subject; one that came encoded is decoded first. Raises BadHeader."""
    check_header_value(subject)
    if subject.startswith("=?"):
        subject = decode_words(subject)
        check_header_value(subject)
    return field("Subject", encode_text(subject, 9))


def address_field(name: str, mailboxes: Mailboxes) -> Field:
    """An address list with one mailbox a line. Raises BadAddress, BadHeader."""
    shown = []
    for person, address in mailboxes:
        check_header_value(person)
        shown.append(encode_address(person, str(parse_address(address)), len(name) + 2))
    return field(name, f",{_CONTINUED}".join(shown))


def further_fields(headers: Iterable[tuple[str, str]]) -> list[Field]:
    """Fields of the sender's own, in their order; plain text in. Raises BadHeader."""
    seen: set[str] = set()
    return [_further_field(name, value, seen) for name, value in headers]


def _encoded(text: str | None) -> tuple[Encoding, bytes] | None:
    try:
        return None if text is None else body_part(text)
    except UnicodeEncodeError:
        raise BadMessage("surrogate") from None


@lru_cache(maxsize=1024)
def from_field(name: str, address: str) -> Field:
    """From. Raises BadAddress, BadHeader."""
    sender = parse_address(address)
    check_header_value(name)
    _check_sender_name(name, sender)
    return field("From", encode_address(name, str(sender), 6))


def _check_sender_name(name: str, sender: Address) -> None:
    # people see the name and not the address: a name that is an address of another domain is a disguise
    for found in _LOOKS_LIKE_ADDRESS.finditer(unicodedata.normalize("NFKC", name)):
        if found[1].lower() != sender.domain:
            raise BadHeader("name_is_address")


def _further_field(name: str, value: str, seen: set[str]) -> Field:
    check_header_name(name)
    check_header_value(value)
    lowered = name.lower()
    if lowered in RESERVED_HEADERS or lowered.startswith(_RESERVED_PREFIXES):
        raise BadHeader("reserved")
    if lowered in SINGLETON_HEADERS:
        if lowered in seen:
            raise BadHeader("repeated")
        seen.add(lowered)
    return field(name, _further_value(lowered, value.strip(" "), len(name) + 2))


def _further_value(lowered: str, value: str, used: int) -> str:
    if lowered == "list-id":
        phrase, bracket, rest = value.rpartition("<")
        if not bracket or not rest.endswith(">") or not rest.isascii():
            raise BadHeader("bad_list_id")
        return encode_address(phrase.strip(" "), rest[:-1], used) if phrase.strip(" ") else f"<{rest}"
    if value.isascii():
        return fold(value, used)
    if lowered in SINGLETON_HEADERS - {"organization"}:
        raise BadHeader("not_ascii")
    return encode_text(value, used)
