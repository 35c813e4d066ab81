"""Transfer encodings: text and files as ASCII lines of at most 76 characters (RFC 2045 §6)."""

import binascii
import re

_LINE = 76
#: above this share of non-ASCII octets base64 is the shorter one
_BASE64_SHARE = 1 / 6
# CPython's b2a_qp may write lines of 77 or 78 where a blank stands before a line end
_LONG_TAIL = re.compile(rb"(?m)^([^\r\n]{74,75})(=(?:20|09))(?=\r\n|\Z)")
_FROM_LINE = re.compile(rb"(?m)^From ")
_ASCII = bytes(range(128))


def body_part(text: str) -> tuple[str, bytes]:
    """The Content-Transfer-Encoding and the encoded octets of a text part (UTF-8, CRLF, ends with CRLF).

    Raises:
        UnicodeEncodeError: the text holds lone surrogates.
    """
    data = crlf(text).encode()
    non_ascii = len(data.translate(None, _ASCII))
    if non_ascii > len(data) * _BASE64_SHARE:
        return "base64", base64_lines(data)
    return "quoted-printable", quoted_printable(data)


def crlf(text: str) -> str:
    """`text` with every line end (CR, LF, CRLF) as CRLF, the last line closed."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    if not lines.endswith("\n"):
        lines += "\n"
    return lines.replace("\n", "\r\n")


def quoted_printable(data: bytes) -> bytes:
    """Octets with CRLF line ends as quoted-printable; no line begins with `From `, which mailboxes quote."""
    encoded = binascii.b2a_qp(data)
    if b"\r\n" not in data:
        encoded = encoded.replace(b"\n", b"\r\n")
    # hardly any text needs the expression, which walks through every line
    if max(map(len, encoded.split(b"\r\n"))) > _LINE:
        encoded = _LONG_TAIL.sub(rb"\1=\r\n\2", encoded)
    if b"From " in encoded:
        encoded = _FROM_LINE.sub(b"=46=\r\nrom ", encoded)
    return encoded


def base64_lines(data: bytes) -> bytes:
    """Octets as base64 lines of 76, each with CRLF; empty input gives nothing."""
    encoded = binascii.b2a_base64(data, newline=False)
    lines = [encoded[start : start + _LINE] for start in range(0, len(encoded), _LINE)]
    return b"".join([line + b"\r\n" for line in lines])
