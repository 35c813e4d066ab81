"""The structure of a message's body (RFC 2045, 2046, 2231): parts, attachments, one boundary a level."""

import hashlib
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from relay_saas.mail.encoding import Encoding, base64_lines
from relay_saas.mail.exceptions import MailError
from relay_saas.mail.part import MergedPart

#: encoded octets that end with CRLF, or what makes them for one recipient
Piece = bytes | MergedPart

_CONTENT_ID = re.compile(r"[A-Za-z0-9._+-]{1,100}(?:@[A-Za-z0-9.-]{1,100})?")
_MIME_NAME = r"[A-Za-z0-9!#$&^_.+-]{1,60}"
_CONTENT_TYPE = re.compile(rf"{_MIME_NAME}/{_MIME_NAME}(?:; ?{_MIME_NAME}={_MIME_NAME}){{0,3}}")
_SAFE_FILE_NAME = re.compile(r"[A-Za-z0-9_.-]{1,50}")
_SECTION = 55
_CONTINUED = "\r\n "
_UNFIT = frozenset({"Cc", "Cs"})


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


@dataclass(frozen=True, slots=True)
class Part:
    """The content fields of a MIME part (name and folded value) and its octets in pieces."""

    fields: tuple[tuple[str, str], ...]
    pieces: tuple[Piece, ...]


def structure(
    text: tuple[Encoding, Piece] | None,
    html: tuple[Encoding, Piece] | None,
    attachments: Sequence[Attachment],
    seed: str,
) -> Part:
    """The body of a message; the same `seed` gives the same boundaries. Raises BadMessage."""
    files = [item for item in attachments if item.content_id is None or html is None]
    inline = [item for item in attachments if item.content_id is not None and html is not None]
    _check_content_ids(inline)
    alternatives: list[Part] = []
    if text is not None:
        alternatives.append(_text_part("plain", *text))
    if html is not None:
        parts = [_text_part("html", *html), *(_file_part(item, shown=True) for item in inline)]
        alternatives.append(_multipart("related", parts, seed))
    if not alternatives:
        raise BadMessage("no_body")
    body = _multipart("alternative", alternatives, seed)
    return _multipart("mixed", [body, *(_file_part(item, shown=False) for item in files)], seed)


def _multipart(subtype: str, parts: list[Part], seed: str) -> Part:
    """The parts under one boundary; a single part stays by itself."""
    if len(parts) == 1:
        return parts[0]
    # `=_` cannot stand in quoted-printable or base64, so no part can hold the boundary
    boundary = f"=_{hashlib.sha256(f'{subtype} {seed}'.encode()).hexdigest()[:32]}"
    pieces: list[Piece] = []
    for part in parts:
        fields = "".join(f"{name}: {value}\r\n" for name, value in part.fields)
        pieces += [f"--{boundary}\r\n{fields}\r\n".encode(), *part.pieces, b"\r\n"]
    pieces.append(f"--{boundary}--\r\n".encode())
    field = ("Content-Type", f'multipart/{subtype};{_CONTINUED}boundary="{boundary}"')
    return Part((field,), tuple(pieces))


def _text_part(subtype: str, encoding: Encoding, piece: Piece) -> Part:
    fields = (
        ("Content-Type", f"text/{subtype}; charset=utf-8"),
        ("Content-Transfer-Encoding", encoding),
    )
    return Part(fields, (piece,))


def _file_part(item: Attachment, *, shown: bool) -> Part:
    if not _CONTENT_TYPE.fullmatch(item.content_type):
        raise BadMessage("bad_content_type")
    content_type = item.content_type
    if content_type.lower().startswith(("message/", "multipart/")):
        # these may not be base64 (RFC 2046 §5), and unencoded they would not be ours to vouch for
        content_type = "application/octet-stream"
    disposition = "inline" if shown else "attachment"
    fields = [
        ("Content-Type", content_type.replace("; ", ";").replace(";", f";{_CONTINUED}")),
        ("Content-Transfer-Encoding", "base64"),
        ("Content-Disposition", f"{disposition}{_file_name(item.name)}"),
    ]
    if shown:
        fields.append(("Content-ID", f"<{item.content_id}>"))
    return Part(tuple(fields), (base64_lines(item.content),))


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
