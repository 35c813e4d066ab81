"""Addresses: the one decision about what a mailbox is, for every surface (RFC 5321 §4.1.2, RFC 6531)."""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

import idna

from relay_saas.mail.exceptions import MailError

MAX_LOCAL = 64
MAX_DOMAIN = 255
MAX_ADDRESS = 254
# longer than any address with its blanks around: nothing below reads more than this
_MAX_INPUT = 1000

_ATEXT = r"A-Za-z0-9!#$%&'*+\-/=?^_`{|}~"
_PLAIN = re.compile(rf"([{_ATEXT}]+(?:\.[{_ATEXT}]+)*)@([A-Za-z0-9.\-]+)")
_LOCAL = re.compile(rf"[{_ATEXT}\u0080-\U0010ffff]+(?:\.[{_ATEXT}\u0080-\U0010ffff]+)*")
_QUOTED_DOTS = re.compile(rf'"([{_ATEXT}.]+)"')
_ROUTE = re.compile(r"[A-Za-z0-9][%!][A-Za-z0-9]")
_LABEL = r"(?!-)[a-z0-9-]{1,63}(?<!-)"
_ONE_LABEL = re.compile(_LABEL)
_DOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})+")
_TOP_LABEL = re.compile(r"[a-z]")
_QUOTE = '"'
_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
# what spreadsheets leave around a cell: ASCII blanks, no-break and ideographic space, byte order mark
_BLANKS = " \t\r\n\v\f\u00a0\u3000\ufeff"


class BadAddress(MailError):
    """A text that is not the address of one mailbox we deliver to."""

    reasons = {
        "empty": "The address is empty.",
        "too_long": "The address is longer than 254 octets.",
        "no_at": "The address has no @.",
        "no_local": "Nothing stands before the @.",
        "no_domain": "Nothing stands after the @.",
        "bad_character": "The address holds a blank, a control character or an invisible character.",
        "bad_local": "The part before the @ is not valid.",
        "local_too_long": "The part before the @ is longer than 64 octets.",
        "quoted_local": "Quotation marks before the @ may hold letters, digits and dots only.",
        "route": "The address routes through another host (% or !).",
        "bad_domain": "The part after the @ is not a domain name.",
        "single_label": "The part after the @ has no dot.",
        "ip_address": "The part after the @ is an IP address.",
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """One mailbox."""

    #: as it goes on the wire: letter case kept, quotes kept, NFC
    local: str
    #: A-label form, lower case
    domain: str
    #: what makes two addresses the same recipient: lower case, NFC, A-label domain
    key: str
    #: the local part is not ASCII: only for peers that offer SMTPUTF8 (RFC 6531)
    needs_smtputf8: bool

    def __str__(self) -> str:
        return f"{self.local}@{self.domain}"


def parse_address(text: str) -> Address:
    """The mailbox that `text` names; blanks around it and full-width ASCII are put right first.

    Raises:
        BadAddress: with one of the codes in `BadAddress.reasons`.
    """
    if len(text) > _MAX_INPUT:
        raise BadAddress("too_long")
    plain = _PLAIN.fullmatch(text)
    if plain is None:
        return _parse_slowly(normalise_cell(text)[0])
    return _address(plain[1], _a_label(plain[2]))


def normalise_cell(text: str) -> tuple[str, bool]:
    """The cell trimmed and with full-width ASCII as ASCII, and whether that changed anything.

    Nothing else is folded: half-width kana, ligatures and look-alikes stay what they are.
    """
    result = text.translate(_FULL_WIDTH) if not text.isascii() else text
    result = result.strip(_BLANKS)
    return result, result != text


def mask(address: Address | str) -> str:
    """The address as strangers may see it: `t***@g***.test`."""
    local, _, domain = str(address).rpartition("@")
    name, dot, top = domain.rpartition(".")
    return f"{local.lstrip(_QUOTE)[:1]}***@{name[:1]}***{dot}{top}"


def _parse_slowly(text: str) -> Address:
    local, at, domain = text.rpartition("@")
    if not at:
        raise BadAddress("no_at" if text else "empty")
    if not local:
        raise BadAddress("no_local")
    if not domain:
        raise BadAddress("no_domain")
    # C: controls, invisible format characters, surrogates, unassigned; Z: blanks. U+FFFD stands for octets
    # that somebody before us could not read.
    if any(unicodedata.category(character)[0] in "CZ" or character == "\ufffd" for character in text):
        raise BadAddress("bad_character")
    return _address(_local_part(local), _a_label(domain))


def _local_part(local: str) -> str:
    if local.startswith(_QUOTE):
        # mailboxes like "john..doe" exist (old phone mail); blanks, @ and escapes in quotes confuse parsers
        quoted = _QUOTED_DOTS.fullmatch(local)
        if quoted is None:
            raise BadAddress("quoted_local")
        return quoted[1] if _LOCAL.fullmatch(quoted[1]) else local
    local = unicodedata.normalize("NFC", local)
    if not _LOCAL.fullmatch(local):
        raise BadAddress("bad_local")
    return local


def _address(local: str, domain: str) -> Address:
    is_ascii = local.isascii()
    octets = len(local) if is_ascii else len(local.encode())
    if octets > MAX_LOCAL:
        raise BadAddress("local_too_long")
    if octets + 1 + len(domain) > MAX_ADDRESS:
        raise BadAddress("too_long")
    if ("%" in local or "!" in local) and _ROUTE.search(local):
        raise BadAddress("route")
    lowered = local.lower() if is_ascii else unicodedata.normalize("NFC", local.lower())
    return Address(local=local, domain=domain, key=f"{lowered}@{domain}", needs_smtputf8=not is_ascii)


@lru_cache(maxsize=65536)
def _a_label(domain: str) -> str:
    if domain.startswith("["):
        raise BadAddress("ip_address")
    # checked before IDNA, whose tables are slow on long input
    if len(domain) > MAX_DOMAIN:
        raise BadAddress("bad_domain")
    lowered = domain.lower()
    if not lowered.isascii() or "xn--" in lowered:
        lowered = _idna(domain)
    if not _DOMAIN.fullmatch(lowered):
        raise BadAddress("single_label" if _ONE_LABEL.fullmatch(lowered) else "bad_domain")
    if not _TOP_LABEL.match(lowered.rpartition(".")[2]):
        raise BadAddress("ip_address" if lowered.replace(".", "").isdigit() else "bad_domain")
    return lowered


def _idna(domain: str) -> str:
    try:
        return idna.encode(domain, uts46=True).decode("ascii")
    except idna.IDNAError:
        raise BadAddress("bad_domain") from None
