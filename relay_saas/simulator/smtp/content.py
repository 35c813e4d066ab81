"""What a strict receiver demands of a message's bytes (RFC 5321 §4.5.3.1.6), and reads from its head."""

import re

LONGEST_LINE = 998
HEADERS_END = b"\r\n\r\n"
MESSAGE_ID = re.compile(rb"^message-id:[ \t]*(?:\r\n[ \t]+)?([^\r\n]*)", re.IGNORECASE | re.MULTILINE)


def unstuff(raw: bytes) -> bytes:
    """The message without the transparency dots (RFC 5321 §4.5.2)."""
    if raw.startswith(b".."):
        raw = raw[1:]
    return raw.replace(b"\r\n..", b"\r\n.")


def complaint(raw: bytes, *, largest: int, eightbit: bool) -> bytes | None:
    """The reply that refuses these bytes, or None; `eightbit` says whether 8-bit content was declared."""
    if 0 < largest < len(raw):
        return b"552 5.3.4 Message size exceeds fixed limit\r\n"
    lines = raw.count(b"\r\n")
    if raw.count(b"\n") != lines or raw.count(b"\r") != lines:
        return b"554 5.6.0 Bare CR or LF in message\r\n"
    if max(map(len, raw.split(b"\r\n"))) > LONGEST_LINE:
        return b"554 5.6.0 Line longer than 998 octets\r\n"
    if b"\0" in raw:
        return b"554 5.6.0 NUL in message\r\n"
    if not eightbit and not raw.isascii():
        return b"554 5.6.1 8-bit content without BODY=8BITMIME\r\n"
    return None


def message_id(message: bytes) -> str:
    """The Message-ID as written, without its angle brackets; empty where there is none."""
    match = MESSAGE_ID.search(message[: message.find(HEADERS_END) + 2])
    return match[1].decode("utf-8", "replace").strip().strip("<>") if match else ""
