"""The terms of an SPF record and its macros (RFC 7208 §4.6.1, §5, §7)."""

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network
from typing import Final
from urllib.parse import quote

_MODIFIER = re.compile(r"([a-z][a-z0-9_.-]*)=(.*)", re.IGNORECASE)
_TERM = re.compile(r"([+?~-]?)(all|include|a|mx|ptr|ip4|ip6|exists)(?::([^/]+|.+?))?((?:/\d+)?(?://\d+)?)")
_IP = re.compile(r"([+?~-]?)(ip4|ip6):([0-9a-f:.]+)((?:/\d+)?)", re.IGNORECASE)
_MACRO = re.compile(r"%(?:\{([slodiphcrtv])(\d*)(r?)([.\-+,/_=]*)\}|([%_-]))", re.IGNORECASE)
_NEEDS_DOMAIN: Final = frozenset({"include", "exists"})
_PREFIXED: Final = frozenset({"a", "mx"})
_ESCAPES: Final = {"%": "%", "_": " ", "-": "%20"}


class BadTerm(Exception):
    """A term that RFC 7208 does not know: the whole record counts for nothing (permerror)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One mechanism."""

    qualifier: str
    name: str
    domain: str = ""
    #: `/24`, `//64`, or both.
    prefixes: str = ""

    def network(self) -> IPv4Network | IPv6Network:
        """What `ip4` or `ip6` names."""
        try:
            found = ip_network(self.domain + self.prefixes, strict=False)
        except ValueError as error:
            raise BadTerm(self.name) from error
        if found.version != int(self.name[-1]):
            raise BadTerm(self.name)
        return found

    def bits(self, version: int) -> int:
        """Length of the prefix for this IP version."""
        four, _, six = self.prefixes.partition("//")
        text, most = (six, 128) if version == 6 else (four.lstrip("/"), 32)
        found = int(text) if text else most
        if found > most:
            raise BadTerm(self.name)
        return found


def parse(record: str) -> tuple[list[Term], str | None]:
    """The mechanisms in their order, and the domain of `redirect=`, which counts only where no `all`
    stands. Raises BadTerm."""
    terms: list[Term] = []
    modifiers: dict[str, str] = {}
    for word in record.split(" ")[1:]:
        if not word:
            continue
        modifier = _MODIFIER.fullmatch(word)
        if modifier is None:
            terms.append(_term(word))
            continue
        name = modifier[1].lower()
        if name in {"redirect", "exp"} and (name in modifiers or not modifier[2]):
            raise BadTerm(word)
        modifiers[name] = modifier[2]
    everything = any(term.name == "all" for term in terms)
    return terms, None if everything else modifiers.get("redirect")


def _term(word: str) -> Term:
    found = _IP.fullmatch(word) or _TERM.fullmatch(word.lower() if ":" not in word else _lowered(word))
    if found is None:
        raise BadTerm(word)
    qualifier, name, domain, prefixes = found[1] or "+", found[2].lower(), found[3] or "", found[4]
    if name in {"ip4", "ip6"} and not domain:
        raise BadTerm(word)
    if (name in _NEEDS_DOMAIN and not domain) or (name == "all" and domain):
        raise BadTerm(word)
    if prefixes and name not in _PREFIXED | {"ip4", "ip6"}:
        raise BadTerm(word)
    term = Term(qualifier=qualifier, name=name, domain=domain, prefixes=prefixes)
    # RFC 7208 §4.6: an error anywhere spoils the record, also where it would not be looked at
    if name in {"ip4", "ip6"}:
        term.network()
    elif name in _PREFIXED:
        term.bits(4)
        term.bits(6)
    return term


def _lowered(word: str) -> str:
    name, _, rest = word.partition(":")
    return f"{name.lower()}:{rest}"


def expand(spec: str, *, sender: str, domain: str, address: IPv4Address | IPv6Address | None) -> str:
    """A domain-spec with its macros filled in (RFC 7208 §7). Raises BadTerm."""
    local, _, of_domain = sender.rpartition("@")
    shown = "0.0.0.0" if address is None else _dotted(address)  # noqa: S104 - a placeholder in a count
    values = {
        "s": sender,
        "l": local,
        "o": of_domain,
        "d": domain,
        "i": shown,
        "p": "unknown",
        "v": "ip6" if isinstance(address, IPv6Address) else "in-addr",
        "h": domain,
    }

    def filled(found: re.Match[str]) -> str:
        if found[5]:
            return _ESCAPES[found[5]]
        letter = found[1]
        if letter.lower() not in values:
            raise BadTerm(spec)
        parts = re.split(f"[{re.escape(found[4] or '.')}]", values[letter.lower()])
        if found[3]:
            parts.reverse()
        if found[2]:
            if int(found[2]) == 0:
                raise BadTerm(spec)
            parts = parts[-int(found[2]) :]
        text = ".".join(parts)
        return quote(text, safe="") if letter.isupper() else text

    result = _MACRO.sub(filled, spec)
    if "%" in _MACRO.sub("", spec):
        raise BadTerm(spec)
    # RFC 7208 §7.3: too long a name loses labels from its left
    while len(result) > 253 and "." in result:
        result = result.partition(".")[2]
    return result.rstrip(".").lower()


def _dotted(address: IPv4Address | IPv6Address) -> str:
    if isinstance(address, IPv4Address):
        return str(address)
    return ".".join(address.exploded.replace(":", ""))
