"""Reads the parts of mail from strangers (RFC 2045, RFC 2046) in bounded time and memory; nothing raises.

The standard library's own walk recurses as deep as it is told and keeps all it is given.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesHeaderParser
from email.policy import compat32

from relay_saas.mail.replies import displayable

#: Octets of a mail that are looked at: what a report says stands before the returned message.
SIZE_LIMIT = 1024 * 1024
HEADER_LIMIT = 32 * 1024
_PARTS_LIMIT = 20
_DEPTH_LIMIT = 4

_BOUNDARY = re.compile(r"boundary\s*=\s*(?:\"([^\"]{1,200})\"|([^\s;\"]{1,200}))", re.IGNORECASE)
_CHARSET = re.compile(r"charset\s*=\s*\"?([A-Za-z0-9._-]{1,40})", re.IGNORECASE)
_BLANK_LINE = re.compile(rb"\r?\n[ \t]*\r?\n")
_ENCODINGS = frozenset({"base64", "quoted-printable"})
_TAG = re.compile(r"<[^<>]{0,500}>")


@dataclass(frozen=True, slots=True)
class Part:
    """A part that holds no other parts; a returned message is one as well."""

    headers: Message
    body: bytes

    @property
    def kind(self) -> str:
        """The media type, in lower case."""
        return self.headers.get_content_type()

    def octets(self) -> bytes:
        """The body without its transfer encoding; what is no such encoding stays as it is."""
        encoding = (field(self.headers, "Content-Transfer-Encoding") or "").strip().lower()
        if encoding not in _ENCODINGS:
            return self.body
        part = Message(policy=compat32)
        part["Content-Transfer-Encoding"] = encoding
        part.set_payload(self.body.decode("latin-1"))
        payload = part.get_payload(decode=True)
        return payload if isinstance(payload, bytes) else b""

    def text(self, limit: int) -> str:
        """The beginning as text: by its charset, else UTF-8 or Latin-1; HTML without tags."""
        raw = self.octets()[: 8 * limit]
        text = _decoded(raw, _CHARSET.search(field(self.headers, "Content-Type") or ""))
        if self.kind == "text/html":
            # A style sheet stands before the body.
            text = _TAG.sub("\n", text[max(0, text[: 4 * limit].lower().find("<body")) :][: 4 * limit])
        return text[:limit].replace("\r\n", "\n").replace("\r", "\n")


def read_headers(raw: bytes) -> Message:
    """The header fields at the beginning of a mail or a part."""
    return headers_of(split(raw[:SIZE_LIMIT])[0])


def read_parts(raw: bytes) -> list[Part]:
    """The first parts of a mail, outermost first, in their order."""
    return list(_parts(raw[:SIZE_LIMIT], _DEPTH_LIMIT))[: 2 * _PARTS_LIMIT]


def field(headers: Message, name: str, limit: int = 1000) -> str | None:
    """An unfolded header field, the first of its name."""
    if name not in headers:
        return None
    # Bytes that are no ASCII come as surrogates from the package here, and destroyed from its `get`.
    value = next(value for key, value in headers.raw_items() if key.lower() == name.lower())
    raw = str(value)[: 4 * limit].encode("utf-8", "surrogateescape")
    return displayable(b" ".join(raw.split()))[:limit]


def decoded_field(headers: Message, name: str) -> str:
    """The beginning of a header field as a person reads it (RFC 2047); "" where there is none."""
    text = field(headers, name, limit=500) or ""
    try:
        return str(make_header(decode_header(text))).strip()[:200]
    except (LookupError, ValueError, HeaderParseError):
        return text.strip()[:200]


def headers_of(head: bytes) -> Message:
    """Header fields from their octets."""
    return BytesHeaderParser(policy=compat32).parsebytes(head[:HEADER_LIMIT].strip(b"\r\n") + b"\r\n\r\n")


def blocks(body: bytes, most: int) -> list[bytes]:
    """What stands between blank lines, as in a delivery status."""
    return _BLANK_LINE.split(body.strip(), most)[:most]


def split(raw: bytes) -> tuple[bytes, bytes]:
    """Header and body."""
    if raw.startswith((b"\r\n", b"\n")):
        return b"", raw
    match = _BLANK_LINE.search(raw)
    return (raw, b"") if match is None else (raw[: match.start()], raw[match.end() :])


def _parts(raw: bytes, depth: int) -> Iterator[Part]:
    head, body = split(raw)
    headers = headers_of(head)
    if not headers.get_content_type().startswith("multipart/"):
        yield Part(headers, body)
        return
    boundary = _BOUNDARY.search(field(headers, "Content-Type", limit=2000) or "")
    if boundary is None or depth == 0:
        return
    mark = b"\n--" + (boundary[1] or boundary[2]).encode("ascii", "replace")
    for piece in (b"\n" + body).split(mark, _PARTS_LIMIT)[1:]:
        line, _, part = piece.partition(b"\n")
        if not line.startswith(b"--"):
            yield from _parts(part, depth - 1)


def _decoded(raw: bytes, charset: re.Match[str] | None) -> str:
    if charset is not None:
        try:
            return raw.decode(charset[1], "replace")
        except (LookupError, UnicodeError, ValueError):
            pass
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")
