"""DNS as the judge sees it: look-ups against the simulator's name server, kept for a short time."""

import sys
from pathlib import Path
from types import ModuleType

import dns.resolver

SUFFIXES = Path(__file__).with_name("suffixes.txt")
CACHED_NAMES = 10_000


def use_name_server(host: str, port: int) -> None:
    """Make every library of this process ask the given name server alone."""
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers = [host]
    resolver.port = port
    resolver.lifetime = 5.0
    resolver.cache = dns.resolver.LRUCache(CACHED_NAMES)
    dns.resolver.default_resolver = resolver


def use_suffix_list() -> None:
    """Give authheaders the public suffixes of this world, by the hook it has for packagers of such a list."""
    hook = ModuleType("authheaders.findpsl")
    vars(hook)["location"] = str(SUFFIXES)
    sys.modules[hook.__name__] = hook


class KeyRecords:
    """TXT records for dkimpy (a `dnsfunc`); found ones are kept, so that one key costs one look-up."""

    def __init__(self) -> None:
        self._slot = 0
        self._found: dict[str, bytes] = {}

    def begin(self, slot: int) -> None:
        """Forget everything when the coarse time `slot` has moved on."""
        if slot != self._slot or len(self._found) > CACHED_NAMES:
            self._slot = slot
            self._found.clear()

    def __call__(self, name: bytes, timeout: float = 5.0) -> bytes | None:  # noqa: ARG002  # dkimpy's signature
        """The TXT record of that name, its strings joined; None where there is none."""
        text = name.decode("ascii", "replace").lower()
        if text in self._found:
            return self._found[text]
        try:
            answer = dns.resolver.resolve(text, "TXT", raise_on_no_answer=False)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoNameservers):
            return None
        records = [b"".join(rdata.strings) for rdata in answer.rrset or ()]
        if not records:
            return None
        self._found[text] = records[0]
        return records[0]
