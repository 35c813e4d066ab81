"""The providers' zone data: MX, host addresses and the faults that a profile asks for."""

import dns.name
import dns.rcode
import dns.rdataset

from relay_saas.simulator.dns.store import Store
from relay_saas.simulator.profiles.model import Provider, Scenario

TTL = 60
FAULTS: dict[str, dns.rcode.Rcode | None] = {
    "servfail": dns.rcode.SERVFAIL,
    "refused": dns.rcode.REFUSED,
    "nxdomain": dns.rcode.NXDOMAIN,
    "timeout": None,
}


def fill(store: Store, scenario: Scenario) -> None:
    """Put the records of every provider of the scenario into the store."""
    for provider in scenario.providers:
        _fill_provider(store, provider)


def _fill_provider(store: Store, provider: Provider) -> None:
    exchangers = [f"{host.preference} {host.name}." for host in provider.mx]
    for domain in provider.domains:
        name = dns.name.from_text(domain)
        store.put(name, dns.rdataset.from_text_list("IN", "MX", TTL, exchangers))
        store.put(name, dns.rdataset.from_text("IN", "TXT", TTL, '"v=spf1 -all"'))
        if provider.faults.dns:
            store.fail(name, FAULTS[provider.faults.dns])
    for host in provider.mx:
        store.put(dns.name.from_text(host.name), dns.rdataset.from_text("IN", "A", TTL, host.address))
