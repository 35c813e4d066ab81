"""A domain that changes its servers while its mail is under way, and an address of the other family."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from ipaddress import ip_network
from typing import Any

import psycopg
import pytest

from accounts.models import Tenant
from accounts.tenancy import tenant_scope
from delivery.engine.config import EngineConfig
from delivery.engine.route import Routes
from delivery.engine.run import Run
from delivery.models import Attempt, AttemptState, EgressPool, EgressSource, Lane, QueueEntry
from delivery.services import egress
from relay_saas.mail.dns import Resolver
from tests.integration.dns_server import DnsServer
from tests.integration.scripted_server import ScriptedServer, Turn

N = 12
#: What a test's run is told besides.
SHORT: dict[str, Any] = {"idle_seconds": 1.5, "claim_seconds": 10}
_SITE = "select s.key from delivery_domain d join delivery_site s on s.id = d.site_id where d.name = %s"


async def move(config: EngineConfig, name: str, site: str) -> None:
    """What another run's router does when the answer of the name server has run out."""
    async with await psycopg.AsyncConnection.connect(config.database_url, autocommit=True) as connection:
        await connection.execute("update delivery_domain set expires_at = now() where name = %s", [name])
        routes = Routes(Resolver(config.dns, limits=config.dns_limits), config.timings)
        async with asyncio.timeout(20):
            while await (await connection.execute(_SITE, [name])).fetchone() != (site,):
                await routes.resolve_waiting(connection)


def test_what_is_under_way_when_a_domain_moves_waits_at_its_new_site_afterwards(
    name: str, tenant: Tenant, config: EngineConfig, launch: Callable[..., int]
) -> None:
    launch([f"p{number}@{name}" for number in range(N)])
    zone = {
        (name, "MX"): [f"10 old.{name}."],
        (f"old.{name}", "A"): ["127.0.0.1"],
        (f"new.{name}", "A"): ["127.0.0.1"],
    }

    async def run() -> None:
        moved: list[bool] = []

        async def at_body(_: Turn) -> None:
            if not moved:
                moved.append(True)
                zone[name, "MX"] = [f"10 new.{name}."]
                await move(told, name, f"new.{name}")

        def busy(turn: Turn) -> bytes | None:
            return b"451 4.3.0 busy\r\n" if turn.verb == "DOT" else None

        async with DnsServer(zone) as dns, ScriptedServer(busy, before_read=at_body) as server:
            networks = (ip_network("127.0.0.0/8"),)
            told = replace(config, dns=dns.address, smtp_port=server.port, networks=networks, **SHORT)
            await Run(told, lambda: False).execute()
        assert moved

    asyncio.run(run())
    with tenant_scope(tenant.pk):
        waiting = list(QueueEntry.objects.all())
        sites = {lane.pk: lane.site.key for lane in Lane.objects.exclude(site=None).select_related("site")}
        QueueEntry.objects.all().delete()
    assert len(waiting) == N
    assert {sites[entry.lane_id] for entry in waiting} == {f"new.{name}"}


@pytest.fixture
def sixth(config: EngineConfig, tenant: Tenant) -> EngineConfig:
    """A host whose one address is of IP version 6, for this organization's mail."""
    pool = EgressPool.objects.create(name=tenant.slug)
    EgressSource.objects.create(pool=pool, address="::1", helo="six.relay.test", host=tenant.slug)
    egress.assign_pool(pool=pool, tenant_id=tenant.pk)
    return replace(config, host=tenant.slug, networks=(ip_network("::1/128"),), **SHORT)


def test_an_address_of_version_6_speaks_to_servers_of_version_6(
    name: str, tenant: Tenant, sixth: EngineConfig, launch: Callable[..., int]
) -> None:
    launch([f"ann@{name}"])
    zone = {
        (name, "MX"): [f"10 mx.{name}."],
        (f"mx.{name}", "A"): ["127.0.0.1"],
        (f"mx.{name}", "AAAA"): ["::1"],
    }

    async def run() -> ScriptedServer:
        async with DnsServer(zone) as dns, ScriptedServer(address="::1") as server:
            told = replace(sixth, dns=dns.address, smtp_port=server.port)
            await Run(told, lambda: False).execute()
            return server

    server = asyncio.run(run())
    assert [seen.peer for seen in server.connections] == ["::1"]
    with tenant_scope(tenant.pk):
        assert [one.state for one in Attempt.objects.all()] == [AttemptState.DELIVERED]
