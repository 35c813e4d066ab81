"""The grammar of the SMTP commands that carry addresses (RFC 5321 §4.1.2, RFC 1870, RFC 6152, RFC 6531)."""

import re
from dataclasses import dataclass

PATH = re.compile(
    rb"""(MAIL FROM|RCPT TO):<((?:"[^"\x00-\x1f]*"|[^<>"\x00-\x20])*)>((?: [^ ]+)*)""", re.IGNORECASE
)
MAIL_PARAMETERS = ("SIZE", "BODY", "SMTPUTF8")


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """The address of a MAIL or RCPT command and its parameters, names in upper case."""

    address: str
    parameters: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Why a command does not count, as a reply."""

    reply: bytes


def parse_mail(line: bytes, *, largest: int, smtputf8: bool, eightbit: bool) -> Path | Refused:
    """A MAIL command; refused where address, parameter or declared size is wrong."""
    path = _parse(line, b"MAIL FROM")
    if path is None:
        return Refused(reply=b"501 5.1.7 Bad sender address syntax\r\n")
    known = {"SIZE"} | ({"SMTPUTF8"} if smtputf8 else set()) | ({"BODY"} if eightbit else set())
    if set(path.parameters) - known:
        return Refused(reply=b"555 5.5.4 Unsupported parameter\r\n")
    size = path.parameters.get("SIZE", "0")
    if not (size.isascii() and size.isdigit()) or path.parameters.get("BODY", "7BIT").upper() not in {
        "7BIT",
        "8BITMIME",
    }:
        return Refused(reply=b"501 5.5.4 Bad parameter value\r\n")
    if 0 < largest < int(size[:20]):
        return Refused(reply=b"552 5.3.4 Message size exceeds fixed limit\r\n")
    if not path.address.isascii() and "SMTPUTF8" not in path.parameters:
        return Refused(reply=b"553 5.6.7 Address needs SMTPUTF8\r\n")
    return path


def parse_recipient(line: bytes, *, utf8: bool) -> Path | Refused:
    """A RCPT command; refused where the address is empty, unqualified, routed or needs SMTPUTF8."""
    path = _parse(line, b"RCPT TO")
    if path is None or path.parameters:
        return Refused(reply=b"501 5.1.3 Bad recipient address syntax\r\n")
    local, at, domain = path.address.rpartition("@")
    if not (local and at and domain) or path.address[0] == "@":
        return Refused(reply=b"501 5.1.3 Bad recipient address syntax\r\n")
    if not path.address.isascii() and not utf8:
        return Refused(reply=b"553 5.6.7 Address needs SMTPUTF8\r\n")
    return path


def _parse(line: bytes, verb: bytes) -> Path | None:
    match = PATH.fullmatch(line)
    if match is None or match[1].upper() != verb:
        return None
    try:
        address = match[2].decode("utf-8")
        words = match[3].decode("ascii").split()
    except UnicodeDecodeError:
        return None
    pairs = [word.partition("=") for word in words]
    return Path(address=address, parameters={name.upper(): value for name, _, value in pairs})
