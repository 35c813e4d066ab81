"""Reads the arguments of MAIL, RCPT and AUTH (RFC 5321, 1870, 3461, 4954, 6152, 6531)."""

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from relay_saas.mail.addresses import Address, BadAddress, parse_address

_PATH: Final = re.compile(
    r"(?P<word>FROM|TO):[ \t]*<(?P<path>[^<>\r\n]*)>(?:[ \t]+(?P<rest>.*))?", re.IGNORECASE
)
_PARAMETER: Final = re.compile(r"(?P<name>[A-Za-z0-9][A-Za-z0-9-]*)(?:=(?P<value>[^\s=]+))?")
_XTEXT: Final = re.compile(r"(?:[!-*,-<>-~]|\+[0-9A-F]{2})*")
_SIZE: Final = re.compile(r"[0-9]{1,20}")
_NOTIFY: Final = frozenset({"SUCCESS", "FAILURE", "DELAY"})
_ENVID: Final = 100
_ORCPT: Final = 500


class Refused(Exception):
    """Holds the reply."""

    def __init__(self, reply: str) -> None:
        super().__init__(reply)
        self.reply = reply


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """MAIL FROM."""

    #: "" for the null sender.
    address: str
    smtputf8: bool
    ret: str = ""
    envid: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """RCPT TO."""

    address: Address
    notify: tuple[str, ...] = ()
    orcpt: str = ""


def read_mail_from(argument: str | None, *, size: int, dsn: bool) -> Mail:
    """The sender and what was declared; raises Refused."""
    path, parameters = _split(argument, "FROM")
    declared = parameters.pop("SIZE", "0")
    if not _SIZE.fullmatch(declared):
        raise Refused("501 5.5.4 SIZE takes a number")
    if int(declared) > size:
        raise Refused(f"552 5.3.4 A message may have {size} octets")
    body = parameters.pop("BODY", "7BIT").upper()
    if body not in {"7BIT", "8BITMIME"}:
        raise Refused("555 5.5.4 BODY takes 7BIT or 8BITMIME")
    smtputf8 = "SMTPUTF8" in parameters
    if smtputf8 and parameters.pop("SMTPUTF8"):
        raise Refused("501 5.5.4 SMTPUTF8 takes no value")
    # RFC 4954 §5: who said it first is of no interest here.
    parameters.pop("AUTH", "")
    ret = _dsn(parameters, "RET", dsn=dsn).upper()
    envid = _dsn(parameters, "ENVID", dsn=dsn)
    if ret not in {"", "FULL", "HDRS"} or len(envid) > _ENVID or not _XTEXT.fullmatch(envid):
        raise Refused("501 5.5.4 RET takes FULL or HDRS, ENVID at most 100 characters of xtext")
    _nothing_left(parameters)
    address = "" if not path else str(_address(path, "5.1.7", smtputf8=smtputf8))
    return Mail(address=address, smtputf8=smtputf8, ret=ret, envid=envid)


def read_rcpt_to(argument: str | None, *, smtputf8: bool, dsn: bool, own: str) -> Recipient:
    """A recipient; raises Refused.

    `<postmaster>` without a domain is that of the host `own` (RFC 5321 §4.5.1, RFC 6409 §4.2).
    """
    path, parameters = _split(argument, "TO")
    notify = tuple(word for word in _dsn(parameters, "NOTIFY", dsn=dsn).upper().split(",") if word)
    if notify not in {(), ("NEVER",)} and not _NOTIFY.issuperset(notify):
        raise Refused("501 5.5.4 NOTIFY takes NEVER, or some of SUCCESS, FAILURE, DELAY")
    orcpt = _dsn(parameters, "ORCPT", dsn=dsn)
    kind, _, rest = orcpt.partition(";")
    if orcpt and (len(orcpt) > _ORCPT or not kind or not rest):
        raise Refused("501 5.5.4 ORCPT takes a type and an address")
    _nothing_left(parameters)
    if not path:
        raise Refused("553 5.1.3 A recipient needs an address")
    if path.lower() == "postmaster":
        path = f"{path}@{own}"
    return Recipient(address=_address(path, "5.1.3", smtputf8=smtputf8), notify=notify, orcpt=orcpt)


def read_plain(response: bytes) -> tuple[str, str]:
    """User name and password of AUTH PLAIN (RFC 4616); raises Refused."""
    try:
        authorized, username, password = decode_base64(response).decode().split("\0")
    except ValueError as error:
        raise Refused("501 5.5.2 AUTH PLAIN takes three parts between NUL") from error
    if authorized not in {"", username}:
        raise Refused("535 5.7.8 Nobody may send in the name of somebody else")
    return username, password


def decode_base64(response: bytes) -> bytes:
    """What a client answered; raises Refused."""
    if response == b"*":
        raise Refused("501 5.7.0 Cancelled")
    try:
        return base64.b64decode(b"" if response == b"=" else response, validate=True)
    except binascii.Error as error:
        raise Refused("501 5.5.2 This is not base64") from error


def _split(argument: str | None, word: str) -> tuple[str, dict[str, str]]:
    found = _PATH.fullmatch(argument or "")
    if found is None or found["word"].upper() != word:
        command = "MAIL FROM" if word == "FROM" else "RCPT TO"
        raise Refused(f"501 5.5.4 Say {command}:<address>")
    parameters: dict[str, str] = {}
    for item in (found["rest"] or "").split():
        pair = _PARAMETER.fullmatch(item)
        if pair is None or pair["name"].upper() in parameters:
            raise Refused("501 5.5.4 A parameter cannot be read, or stands twice")
        parameters[pair["name"].upper()] = pair["value"] or ""
    return found["path"], parameters


def _dsn(parameters: dict[str, str], name: str, *, dsn: bool) -> str:
    if not dsn and name in parameters:
        raise Refused("555 5.5.4 DSN is not offered to this credential")
    return parameters.pop(name, "")


def _nothing_left(parameters: Mapping[str, str]) -> None:
    if parameters:
        raise Refused("555 5.5.4 There is no such parameter")


def _address(text: str, code: str, *, smtputf8: bool) -> Address:
    if not text.isascii() and not smtputf8:
        raise Refused("553 5.6.7 An address beyond ASCII needs SMTPUTF8")
    if text.lstrip().startswith("@"):
        raise Refused(f"553 {code} No source routes here")
    try:
        return parse_address(text)
    except BadAddress as error:
        raise Refused(f"553 {code} {error}") from error
