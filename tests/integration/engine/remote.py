"""The catalogues of remote servers and of DNS answers as one world: a recipient domain, servers and records
of its own for each case."""

import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.cases.loader import Case, load
from tests.integration.dns_server import Zone
from tests.integration.scripted_server import FEATURES, Say, Script, ScriptedServer, Turn

SINKS: dict[str, Case] = {case["id"]: case for _, case in load("sink_behaviours")}
DNS: dict[str, Case] = {case["id"]: case for _, case in load("dns")}

#: Recipients of a case; one where it is not named.
CROWDS = {"sink-046": 12, "sink-050": 12}
#: Cases that are about a later attempt: due again, and the world has changed in between.
SECOND_ROUND = {"sink-046", "sink-050", "dns-021"}
#: Needs SMTPUTF8.
UTF8 = "sink-041"
#: What nobody may connect to.
LOOPBACK, METADATA = "127.0.0.1", "169.254.169.254"


@dataclass(kw_only=True)
class World:
    """What DNS says, and the servers by address, not yet listening."""

    port: int
    zone: Zone = field(default_factory=dict)
    moods: dict[str, str] = field(default_factory=dict)
    servers: dict[str, ScriptedServer] = field(default_factory=dict)

    def listen(self, address: str, script: Script = lambda _: None, **options: Any) -> None:
        """A server at an address."""
        self.servers[address] = ScriptedServer(script, address=address, port=self.port, **options)

    def point(self, domain: str, *addresses: str) -> None:
        """MX hosts at these addresses, the first with the best preference."""
        names = [f"mx{number}.{domain}" for number in range(1, len(addresses) + 1)]
        self.zone[domain, "MX"] = [f"{number}0 {name}." for number, name in enumerate(names, start=1)]
        self.zone.update({(name, "A"): [address] for name, address in zip(names, addresses, strict=True)})


def domain_of(case: str, slug: str) -> str:
    """The recipient domain of a case; an organisation of its own, so that no limit is shared."""
    return f"{case}-{slug}.test"


def address_of(case: str, host: int = 1) -> str:
    """The address of a case's n-th server."""
    kind, _, number = case.partition("-")
    return f"127.{77 if kind == 'sink' else 78}.{int(number)}.{host}"


def build(slug: str, port: int, *, later: bool, tls: Callable[[str], ssl.SSLContext]) -> World:
    """Everything, as it is at first or `later`; `tls` makes the context of a kind (`expired`, `inject`)."""
    world = World(port=port)
    for case in SINKS.values():
        _sink(world, case, domain_of(case["id"], slug), later=later, tls=tls)
    for name, write in ROUTES.items():
        write(world, domain_of(name, slug), later)
    world.listen(LOOPBACK)
    return world


def _sink(
    world: World, case: Case, domain: str, *, later: bool, tls: Callable[[str], ssl.SSLContext]
) -> None:
    name, behave = case["id"], case["input"]["behave"]
    hosts = behave.get("mx", ["ok"])
    world.point(domain, *(address_of(name, number) for number in range(1, len(hosts) + 1)))
    kind = behave.get("starttls")
    for number, host in enumerate(hosts, start=1):
        if host == "refuse" or ("down_s" in behave and not later):
            continue
        address = address_of(name, number)
        options = {"features": features_of(behave), "tls": tls(kind) if kind else None}
        world.listen(address, silent if host == "hang" else script_of(behave), **options)
        if "max_conn" in behave:
            server = world.servers[address]
            server.script = crowded(server, behave["max_conn"])


def silent(_: Turn) -> Say:
    """Takes connections and never says a word."""
    return Say(end="hang")


def crowded(server: ScriptedServer, most: int) -> Script:
    """Turns away whoever comes while `most` connections are open, and takes its time for each message."""

    def script(turn: Turn) -> Say | None:
        if turn.verb == "DOT":
            return Say(b"250 2.0.0 taken\r\n", drip=0.01)
        if turn.verb != "BANNER" or sum(not seen.closed.is_set() for seen in server.connections) <= most:
            return None
        return Say(b"421 4.7.0 Too many connections from your host\r\n", end="close")

    return script


def script_of(behave: dict[str, Any]) -> Script:
    """The behaviour as a script; where it waits ten minutes at most, each octet of the answer takes its time
    within the deadline."""
    end = "hang" if behave.get("endless") else ""
    says: dict[str, Say] = {}
    for key, value in behave.items():
        if key.endswith("_delay"):
            says[key.removesuffix("_delay")] = Say(b"", end="hang")
        elif isinstance(value, str) and key not in {"starttls", "rst_after"}:
            says[key] = Say(value.encode("latin-1") + b"\r\n", end=end)
    special = {
        "drip": ("banner", Say(b"220 mx.example.test\r\n", drip=0.5)),
        "ehlo_lines": ("ehlo", Say(b"250-EXTENSION\r\n" * behave.get("ehlo_lines", 0))),
        "mail_bytes": ("mail", Say(b"250 " + b"x" * behave.get("mail_bytes", 0) + b"\r\n")),
        "rst_after": ("quit", Say(b"", end="reset")),
    }
    says |= dict(special[key] for key in behave if key in special)
    if 0 < behave.get("dot_delay", 0) < 600:
        says["dot"] = Say(b"250 2.0.0 taken\r\n", drip=0.1)
    if behave.get("starttls") == "inject":
        says["starttls"] = Say(b"220 ready\r\n250 evil\r\n")
    return lambda turn: says.get(turn.verb.lower())


def features_of(behave: dict[str, Any]) -> tuple[bytes, ...]:
    """What EHLO offers."""
    missing = {
        b"SMTPUTF8": behave.get("smtputf8") is False,
        b"8BITMIME": behave.get("eightbit") is False,
        b"PIPELINING": behave.get("pipelining") is False,
    }
    offered = tuple(feature for feature in FEATURES if not missing.get(feature))
    return (*offered, b"SIZE %d" % behave["size"]) if "size" in behave else offered


def _plain(case: str) -> Callable[[World, str, bool], None]:
    def write(world: World, domain: str, _later: bool) -> None:
        world.point(domain, address_of(case))
        world.listen(address_of(case))

    return write


def _mood(case: str, mood: str) -> Callable[[World, str, bool], None]:
    def write(world: World, domain: str, later: bool) -> None:
        _plain(case)(world, domain, later)
        world.moods[domain] = mood

    return write


def _address(address: str) -> Callable[[World, str, bool], None]:
    return lambda world, domain, _later: world.point(domain, address)


def _six(world: World, domain: str, _later: bool) -> None:
    world.zone[domain, "AAAA"] = ["::1"]
    world.listen("::1")


def _exchange(exchange: str) -> Callable[[World, str, bool], None]:
    def write(world: World, domain: str, _later: bool) -> None:
        world.zone[domain, "MX"] = [f"10 {exchange.format(domain)}"]

    return write


def _many(world: World, domain: str, _later: bool) -> None:
    """Two hundred hosts, of which the fifth is the first that listens."""
    world.zone[domain, "MX"] = [f"{number} mx{number}.{domain}." for number in range(1, 201)]
    for number in range(1, 201):
        world.zone[f"mx{number}.{domain}", "A"] = [address_of("dns-017", number)]
    world.listen(address_of("dns-017", 5))


def _flip(world: World, domain: str, later: bool) -> None:
    world.point(domain, address_of("dns-021", 2 if later else 1))
    world.listen(address_of("dns-021", 2 if later else 1))


#: The cases that are about where mail goes.
ROUTES: dict[str, Callable[[World, str, bool], None]] = {
    "dns-001": _plain("dns-001"),
    "dns-003": _six,
    "dns-006": _mood("dns-006", "SERVFAIL"),
    "dns-007": _mood("dns-007", "REFUSED"),
    "dns-008": _mood("dns-008", "TIMEOUT"),
    "dns-010": _exchange("gone.{}."),
    "dns-013": _address(LOOPBACK),
    "dns-015": _address(METADATA),
    "dns-016": _exchange("192.0.2.1."),
    "dns-017": _many,
    "dns-019": _mood("dns-019", "TRUNCATED"),
    "dns-021": _flip,
}
