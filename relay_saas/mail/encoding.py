"""Transfer encodings: text and files as ASCII lines of at most 76 characters (RFC 2045 §6).

Encoded text is its own relaxed canonical form (RFC 6376 §3.4.4), so that a signer hashes it as it is: no two
blanks side by side, none at the end of a line. No line begins with a dot or with `From `: neither SMTP nor a
mailbox file changes it.
"""

import binascii
import re
from functools import lru_cache
from typing import Literal

Encoding = Literal["quoted-printable", "base64"]

_LINE = 76
#: room beside the `=` of a soft line break
_ROOM = 75
#: above this share of non-ASCII octets base64 is the shorter one
_BASE64_SHARE = 1 / 6
_ASCII = bytes(range(128))
_SOFT = b"=\r\n"
_UNSAFE = re.compile(rb"  | \Z|[^ -<>-~]+")
_EQUALS = ord("=")


def body_part(text: str) -> tuple[Encoding, bytes]:
    """The Content-Transfer-Encoding and the encoded octets of a text part (UTF-8, CRLF, ends with CRLF).

    Raises:
        UnicodeEncodeError: the text holds lone surrogates.
    """
    encoding = shorter_encoding(text)
    return encoding, (base64_text if encoding == "base64" else quoted_text)(text)


def shorter_encoding(text: str) -> Encoding:
    """Base64 for text of which more than a sixth of the octets is not ASCII. Raises UnicodeEncodeError."""
    data = text.encode()
    return "base64" if len(data.translate(None, _ASCII)) > len(data) * _BASE64_SHARE else "quoted-printable"


def crlf(text: str) -> str:
    """`text` with every line end (CR, LF, CRLF) as CRLF, the last line closed."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    if not lines.endswith("\n"):
        lines += "\n"
    return lines.replace("\n", "\r\n")


def quoted_text(text: str) -> bytes:
    """A whole text as quoted-printable; its last line is closed."""
    return quoted_closed([quoted_lines(text)])


def quoted_lines(text: str) -> bytes:
    """A piece of text as quoted-printable lines of its own: such pieces may be joined in any order.

    The piece begins in column 0 and ends with a line end, a soft one where the text has none there.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").encode().split(b"\n")
    last = lines.pop()
    made: list[bytes] = []
    for line in lines:
        _append(line, made)
        made.append(b"\r\n")
    if last:
        _append(last, made)
        made.append(_SOFT)
    return b"".join(made)


def quoted_value(text: str) -> bytes:
    """As `quoted_lines`, fast for short ASCII text, and for a value that stands in a message more than once.

    Raises:
        ValueError: the text holds a CR, which may be half of a line end whose LF is in another piece.
    """
    if len(text) <= 2 * _ROOM:
        return _quoted_short(text)
    if "\r" in text:
        raise ValueError("CR in a value")
    return quoted_lines(text)


@lru_cache(maxsize=256)
def _quoted_short(text: str) -> bytes:
    plain = text.isascii() and text.isprintable() and "=" not in text and "  " not in text
    if plain and text[:1] not in ".F":
        if len(text) <= _ROOM:
            return b"%b=\r\n" % text.encode()
        if text[_ROOM] not in ".F":
            return f"{text[:_ROOM]}=\r\n{text[_ROOM:]}=\r\n".encode()
    if "\r" in text:
        raise ValueError("CR in a value")
    return quoted_lines(text)


def quoted_closed(pieces: list[bytes]) -> bytes:
    """The pieces as one text whose last line is closed."""
    data = b"".join(pieces)
    return data if data.endswith(b"\r\n") and not data.endswith(_SOFT) else data + b"\r\n"


def base64_text(text: str) -> bytes:
    """A whole text as base64; its last line is closed."""
    return base64_lines(crlf(text).encode())


def base64_lines(data: bytes) -> bytes:
    """Octets as base64 lines of 76, each with CRLF; empty input gives nothing."""
    encoded = binascii.b2a_base64(data, newline=False)
    lines = [encoded[start : start + _LINE] for start in range(0, len(encoded), _LINE)]
    return b"".join([line + b"\r\n" for line in lines])


def _append(line: bytes, made: list[bytes]) -> None:
    """Add the encoded `line` without its end, with soft breaks inside where it is long."""
    line = _UNSAFE.sub(_escaped, line)
    while True:
        if line.startswith((b".", b"From ")):
            line = b"=%02X%b" % (line[0], line[1:])
        if len(line) <= _ROOM:
            made.append(line)
            return
        # an escape stays whole
        end = _ROOM - 1 if line[_ROOM - 1] == _EQUALS else _ROOM - 2 if line[_ROOM - 2] == _EQUALS else _ROOM
        made += (line[:end], _SOFT)
        line = line[end:]


def _escaped(found: re.Match[bytes]) -> bytes:
    octets = found[0]
    # of two blanks the first may stay
    return b" =20" if octets == b"  " else b"=" + octets.hex("=").upper().encode()
