"""What may be called: an address of the web, checked as text first (RFC 3986, RFC 9110 §4.2)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final
from urllib.parse import SplitResult, quote, unquote, urlsplit

import idna
from django.utils.translation import gettext_lazy as _

from relay_saas.mail.dns import Network, allowed
from relay_saas.net.exceptions import BadUrl
from relay_saas.web.problems import Text

MAX_URL: Final = 2048
_PORTS: Final = {"https": 443, "http": 80}
_LABEL: Final = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
#: What may stand in a path or a query as it is; all else is percent-encoded.
_SAFE: Final = "/%:?#[]@!$&'()*+,;=-._~"


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """What an installation allows beside public addresses behind https."""

    #: Ranges that may be called although they are not public.
    networks: Sequence[Network] = ()
    #: Ports that may be called.
    ports: Sequence[range] = (range(443, 444), range(80, 81), range(8080, 8081), range(8443, 8444))
    #: Whether http may be called; an address in `networks` always may.
    plain: bool = False
    #: Our own hosts: a call to ourselves could pass for somebody's.
    own_hosts: frozenset[str] = frozenset()

    def allows_port(self, port: int) -> bool:
        """Whether the port is in the list."""
        return any(port in ports for ports in self.ports)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A checked address. `userinfo` is taken out: it goes into a header and is never shown."""

    scheme: str
    #: A-labels, or an IP address without brackets.
    host: str
    port: int
    #: Path and query, ASCII, never empty.
    path: str
    userinfo: str = ""

    @property
    def literal(self) -> IPv4Address | IPv6Address | None:
        """The host as an address, where it is one."""
        try:
            return ip_address(self.host)
        except ValueError:
            return None

    @property
    def authority(self) -> str:
        """What the Host header says."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        """The address without a password."""
        return f"{self.scheme}://{self.authority}{self.path}"


def parse_target(text: str, guard: Guard) -> Target:
    """The address that `text` names; raises BadUrl, saying what is wrong."""
    parts = _split(text)
    if parts.scheme not in _PORTS:
        raise BadUrl(_("The address must begin with https://."), code="bad_scheme")
    host = _host(parts)
    port = _port(parts)
    if not guard.allows_port(port):
        raise BadUrl(_("Port %(port)s may not be called.") % {"port": port}, code="bad_port")
    userinfo, _at, _rest = parts.netloc.rpartition("@")
    target = Target(scheme=parts.scheme, host=host, port=port, path=_path(parts), userinfo=unquote(userinfo))
    if any(ord(symbol) < 32 for symbol in target.userinfo):
        raise _bad(_("The name or password in the address is not valid."))
    _check_host(target, guard)
    return target


def _split(text: str) -> SplitResult:
    if len(text) > MAX_URL:
        raise BadUrl(_("The address is longer than 2,048 characters."), code="url_too_long")
    if any(symbol.isspace() or ord(symbol) < 33 or symbol in '\\{}<>"^`|\x7f' for symbol in text):
        raise _bad(_("The address holds a blank or a character that no address may hold."))
    try:
        return urlsplit(text)
    except ValueError as error:
        raise BadUrl from error


def _host(parts: SplitResult) -> str:
    try:
        host = parts.hostname or ""
    except ValueError as error:
        raise BadUrl from error
    if not host or "%" in host:
        raise _bad(_("The address names no host."))
    if ":" in host:
        return host
    try:
        name = idna.encode(host, uts46=True).decode("ascii") if not host.isascii() else host.lower()
    except idna.IDNAError as error:
        raise _bad(_("The host’s name is not valid.")) from error
    return name.removesuffix(".")


def _port(parts: SplitResult) -> int:
    try:
        port = parts.port
    except ValueError as error:
        raise BadUrl(_("The port is not valid."), code="bad_port") from error
    return _PORTS[parts.scheme] if port is None else port


def _path(parts: SplitResult) -> str:
    path = parts.path or "/"
    return quote(f"{path}?{parts.query}" if parts.query else path, safe=_SAFE)


def _check_host(target: Target, guard: Guard) -> None:
    literal = target.literal
    if literal is not None:
        if not allowed(literal, guard.networks):
            raise BadUrl(_("Addresses inside a private network are not called."), code="private_address")
    else:
        _check_name(target.host, guard)
    # A name is looked up when it is called, and its addresses are checked then.
    named = any(literal is None or literal in network for network in guard.networks)
    if target.scheme == "http" and not (guard.plain or named):
        raise BadUrl(_("Use https://: what is sent must not be read on the way."), code="plain_http")


def _check_name(host: str, guard: Guard) -> None:
    labels = host.split(".")
    if len(host) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise _bad(_("The host’s name is not valid."))
    # "2130706433", "0177.0.0.1" and "0x7f.1" are addresses in disguise: no name ends in a number.
    if labels[-1].isdigit() or labels[-1].startswith("0x"):
        raise BadUrl(_("Addresses inside a private network are not called."), code="private_address")
    if host in guard.own_hosts:
        raise BadUrl(_("This is our own address."), code="own_host")
    if len(labels) == 1 or labels[-1] in {"localhost", "local", "internal", "localdomain"}:
        raise BadUrl(_("The host is not on the Internet."), code="private_address")


def _bad(message: Text) -> BadUrl:
    return BadUrl(message)
