"""Messages: one draft in, the octets of one RFC 5322 message out, the same for the same draft."""

import hashlib
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from urllib.parse import quote

from relay_saas.mail.addresses import Address, parse_address
from relay_saas.mail.encoding import base64_lines, body_part
from relay_saas.mail.exceptions import MailError
from relay_saas.mail.headers import (
    BadHeader,
    check_header_name,
    check_header_value,
    decode_words,
    encode_address,
    encode_text,
    fold,
    format_date,
)

#: fields that the builder, the signer or the servers on the way write; a draft may not bring them
RESERVED_HEADERS = frozenset(
    {
        "from", "sender", "to", "cc", "bcc", "subject", "date", "message-id", "reply-to", "mime-version",
        "return-path", "received", "received-spf", "authentication-results", "dkim-signature", "errors-to",
        "domainkey-signature", "delivered-to", "x-original-to", "apparently-to", "return-receipt-to",
        "disposition-notification-to",
    }
)  # fmt: skip
_RESERVED_PREFIXES = ("content-", "arc-", "resent-")
#: fields that mean one thing only, so a second one would be read differently by different programs
SINGLETON_HEADERS = frozenset(
    {
        "in-reply-to", "references", "list-id", "list-unsubscribe", "list-unsubscribe-post", "list-help",
        "list-post", "list-owner", "list-subscribe", "list-archive", "feedback-id", "precedence", "priority",
        "auto-submitted", "importance", "x-priority", "organization", "user-agent", "x-mailer",
        "cfbl-address", "cfbl-feedback-id",
    }
)  # fmt: skip
_MESSAGE_ID = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,128}@[a-z0-9.-]{1,120}")
_CONTENT_ID = re.compile(r"[A-Za-z0-9._+-]{1,100}(?:@[A-Za-z0-9.-]{1,100})?")
_MIME_NAME = r"[A-Za-z0-9!#$&^_.+-]{1,60}"
_CONTENT_TYPE = re.compile(rf"{_MIME_NAME}/{_MIME_NAME}(?:; ?{_MIME_NAME}={_MIME_NAME}){{0,3}}")
_SAFE_FILE_NAME = re.compile(r"[A-Za-z0-9_.-]{1,50}")
_LOOKS_LIKE_ADDRESS = re.compile(r"[^\s@<>\"'()]+@([^\s@<>\"'()]+\.[^\s@<>\"'()]+)")
_SECTION = 55


class BadMessage(MailError):
    """A draft that is no message."""

    reasons = {
        "no_body": "The message has neither a text nor an HTML part.",
        "surrogate": "The text is not valid Unicode.",
        "bad_attachment_name": "The file name of an attachment is empty, too long or not plain text.",
        "bad_content_type": "The type of an attachment is not valid.",
        "bad_content_id": "The Content-ID of an attachment is not valid or not unique.",
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file that travels with the message."""

    name: str
    #: `type/subtype`, with up to three plain parameters
    content_type: str
    content: bytes
    #: set: shown inside the HTML part at `cid:<content_id>`
    content_id: str | None = None


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


@dataclass(frozen=True, slots=True)
class _Part:
    """The content fields of a MIME part (each line with CRLF) and its octets (end with CRLF)."""

    fields: str
    body: bytes


def build(draft: Draft) -> bytes:
    """The message: CRLF lines of at most 998 octets; ASCII unless an address needs SMTPUTF8.

    Raises:
        BadAddress: an address is not one mailbox.
        BadHeader: a name, subject or further header cannot be carried.
        BadMessage: there is no body, or an attachment is not valid.
    """
    if not _MESSAGE_ID.fullmatch(draft.message_id):
        raise BadHeader("bad_message_id")
    content = _content(draft)
    fields = "".join(_fields(draft)) + "MIME-Version: 1.0\r\n" + content.fields + "\r\n"
    return fields.encode() + content.body


def _fields(draft: Draft) -> Iterator[str]:
    yield f"Date: {format_date(draft.date)}\r\n"
    yield _from_field(draft.from_name, draft.from_address)
    yield _address_list("To", draft.to or [(draft.to_name, draft.to_address)])
    if draft.cc:
        yield _address_list("Cc", draft.cc)
    if draft.reply_to is not None:
        yield f"Reply-To: {parse_address(draft.reply_to)}\r\n"
    check_header_value(draft.subject)
    subject = decode_words(draft.subject)
    check_header_value(subject)
    yield f"Subject: {encode_text(subject, 9)}\r\n"
    yield f"Message-ID: <{draft.message_id}>\r\n"
    seen: set[str] = set()
    for name, value in draft.headers:
        yield _further_field(name, value, seen)


def _address_list(field: str, mailboxes: Sequence[tuple[str, str]]) -> str:
    """The field with one mailbox a line."""
    shown = []
    for name, address in mailboxes:
        check_header_value(name)
        shown.append(encode_address(name, str(parse_address(address)), len(field) + 2))
    return f"{field}: {f',{_CONTINUED}'.join(shown)}\r\n"


@lru_cache(maxsize=1024)
def _from_field(name: str, address: str) -> str:
    sender = parse_address(address)
    check_header_value(name)
    _check_sender_name(name, sender)
    return f"From: {encode_address(name, str(sender), 6)}\r\n"


def _check_sender_name(name: str, sender: Address) -> None:
    # people see the name and not the address: a name that is an address of another domain is a disguise
    for found in _LOOKS_LIKE_ADDRESS.finditer(unicodedata.normalize("NFKC", name)):
        if found[1].lower() != sender.domain:
            raise BadHeader("name_is_address")


def _further_field(name: str, value: str, seen: set[str]) -> str:
    check_header_name(name)
    check_header_value(value)
    lowered = name.lower()
    if lowered in RESERVED_HEADERS or lowered.startswith(_RESERVED_PREFIXES):
        raise BadHeader("reserved")
    if lowered in SINGLETON_HEADERS:
        if lowered in seen:
            raise BadHeader("repeated")
        seen.add(lowered)
    return f"{name}: {_further_value(lowered, value.strip(' '), len(name) + 2)}\r\n"


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


def _content(draft: Draft) -> _Part:
    files = [item for item in draft.attachments if item.content_id is None or draft.html is None]
    inline = [item for item in draft.attachments if item.content_id is not None and draft.html is not None]
    _check_content_ids(inline)
    alternatives: list[_Part] = []
    if draft.text is not None:
        alternatives.append(_text_part("plain", draft.text))
    if draft.html is not None:
        html = _text_part("html", draft.html)
        parts = [html, *(_file_part(item, shown=True) for item in inline)]
        alternatives.append(_multipart("related", parts, draft.message_id))
    if not alternatives:
        raise BadMessage("no_body")
    body = _multipart("alternative", alternatives, draft.message_id)
    return _multipart("mixed", [body, *(_file_part(item, shown=False) for item in files)], draft.message_id)


def _multipart(subtype: str, parts: list[_Part], message_id: str) -> _Part:
    """The parts under one boundary; a single part stays by itself."""
    if len(parts) == 1:
        return parts[0]
    # `=_` cannot stand in quoted-printable or base64, so no part can hold the boundary
    boundary = f"=_{hashlib.sha256(f'{subtype} {message_id}'.encode()).hexdigest()[:32]}"
    pieces: list[bytes] = []
    for part in parts:
        pieces += (f"--{boundary}\r\n{part.fields}\r\n".encode(), part.body, b"\r\n")
    pieces.append(f"--{boundary}--\r\n".encode())
    return _Part(f'Content-Type: multipart/{subtype};\r\n boundary="{boundary}"\r\n', b"".join(pieces))


def _text_part(subtype: str, text: str) -> _Part:
    try:
        encoding, data = body_part(text)
    except UnicodeEncodeError:
        raise BadMessage("surrogate") from None
    fields = f"Content-Type: text/{subtype}; charset=utf-8\r\nContent-Transfer-Encoding: {encoding}\r\n"
    return _Part(fields, data)


def _file_part(item: Attachment, *, shown: bool) -> _Part:
    if not _CONTENT_TYPE.fullmatch(item.content_type):
        raise BadMessage("bad_content_type")
    content_type = item.content_type
    if content_type.lower().startswith(("message/", "multipart/")):
        # these may not be base64 (RFC 2046 §5), and unencoded they would not be ours to vouch for
        content_type = "application/octet-stream"
    disposition = "inline" if shown else "attachment"
    fields = (
        f"Content-Type: {content_type.replace('; ', ';').replace(';', f';{_CONTINUED}')}\r\n"
        "Content-Transfer-Encoding: base64\r\n"
        f"Content-Disposition: {disposition}{_file_name(item.name)}\r\n"
    )
    if shown:
        fields += f"Content-ID: <{item.content_id}>\r\n"
    return _Part(fields, base64_lines(item.content))


def _file_name(name: str) -> str:
    """The `filename` parameter, in sections where it is long or not ASCII (RFC 2231 §3, §4)."""
    if not name or len(name) > 255 or any(unicodedata.category(character) in _UNFIT for character in name):
        raise BadMessage("bad_attachment_name")
    if _SAFE_FILE_NAME.fullmatch(name):
        return f";{_CONTINUED}filename={name}"
    encoded = quote(name, safe="")
    # a percent escape stays whole
    sections = re.findall(rf"(?:%..|[^%]){{1,{_SECTION // 3}}}", f"utf-8''{encoded}")
    if len(sections) == 1:
        return f";{_CONTINUED}filename*={sections[0]}"
    return "".join(f";{_CONTINUED}filename*{number}*={section}" for number, section in enumerate(sections))


def _check_content_ids(inline: Sequence[Attachment]) -> None:
    ids = [item.content_id or "" for item in inline]
    if len(set(ids)) < len(ids) or not all(map(_CONTENT_ID.fullmatch, ids)):
        raise BadMessage("bad_content_id")


_CONTINUED = "\r\n "
_UNFIT = frozenset({"Cc", "Cs"})
