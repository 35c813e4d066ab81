"""Committed rows: what real processes see. Each test makes its own organization; its queue ends with it."""

import asyncio
import secrets
from collections.abc import Callable, Iterator
from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import psycopg
import pytest

from accounts.audit import SYSTEM
from accounts.models import SendingDomain, Tenant
from accounts.services.tenants import create_tenant
from delivery.engine.config import EngineConfig, from_settings
from delivery.engine.run import Run
from delivery.services.expand import write_messages
from delivery.services.sources import sync_sources
from tests.delivery.builders import make_campaign, make_contacts, make_domain, make_list
from tests.integration.dns_server import DnsServer, Zone
from tests.integration.engine.world import World, simulated
from tests.integration.scripted_server import Script, ScriptedServer


@pytest.fixture
def committed(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Lets the test write for good; what it wrote is its own by its random names."""
    with django_db_blocker.unblock():
        yield


@pytest.fixture(autouse=True)
def nothing_left(committed: None) -> Iterator[None]:
    """What a test leaves queued, later runs would send; its killed runs would count among them."""
    yield
    with psycopg.connect(from_settings().database_url) as connection:
        connection.execute("delete from delivery_queueentry")
        connection.execute("delete from delivery_permit")
        connection.execute("update delivery_queuerun set closed_at = now() where closed_at is null")


@pytest.fixture
def tenant(committed: None) -> Tenant:
    """An organization of this test alone."""
    return create_tenant(slug=f"t{secrets.token_hex(6)}", name="Acme", actor=SYSTEM)


@pytest.fixture
def domain(tenant: Tenant) -> SendingDomain:
    """Its verified domain."""
    return make_domain(tenant.pk, f"news.{tenant.slug}.test")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Mailbox providers with nothing in the way."""
    with simulated(tmp_path_factory.mktemp("world")) as found:
        yield found


@pytest.fixture(scope="module")
def slow_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The same, but every answer to a final dot takes a second."""
    scenario = tmp_path_factory.mktemp("scenario")
    text = 'extends = "plain"\n[every_provider]\nfaults = { dot_delay = 1.0 }\n'
    (scenario / "_scenario.toml").write_text(text, encoding="utf-8")
    with simulated(tmp_path_factory.mktemp("slow"), str(scenario)) as found:
        yield found


@pytest.fixture
def config(world: World, settings: Any, tmp_path: Path, committed: None) -> EngineConfig:
    """An engine that speaks to that world, with a journal folder of its own."""
    return configure(settings, world, tmp_path)


@pytest.fixture
def slow_config(slow_world: World, settings: Any, tmp_path: Path, committed: None) -> EngineConfig:
    """The same for the slow world."""
    return configure(settings, slow_world, tmp_path)


def configure(settings: Any, world: World, folder: Path) -> EngineConfig:
    """Points the settings at a world; what a process is told comes from them, too."""
    settings.RELAY_DNS = f"127.0.0.1:{world.dns_port}"
    settings.RELAY_SMTP_PORT = world.smtp_port
    settings.RELAY_DELIVERY_NETWORKS = [ip_network("127.20.0.0/16")]
    settings.RELAY_EGRESS = ["shared:127.30.0.1:mx1.relay.test", "shared:127.30.0.2:mx2.relay.test"]
    settings.RELAY_TIMINGS = "demo"
    settings.RELAY_DATA_DIR = folder
    settings.RELAY_EDGE_SCHEME_PORT = "http::8001"
    sync_sources()
    return from_settings()


@pytest.fixture
def launch(tenant: Tenant, domain: SendingDomain) -> Callable[..., int]:
    """`launch(addresses)` writes a campaign to these people and returns its id."""

    def launch(addresses: list[str], **parts: Any) -> int:
        mailing_list = make_list(tenant.pk, secrets.token_hex(4))
        make_contacts(tenant.pk, mailing_list, addresses)
        campaign_id = make_campaign(tenant.pk, mailing_list, domain, **parts)
        write_messages(tenant_id=tenant.pk, campaign_id=campaign_id)
        return campaign_id

    return launch


@pytest.fixture
def name(tenant: Tenant) -> str:
    """A recipient domain of this test alone."""
    return f"{tenant.slug}.example.test"


@pytest.fixture
def send(config: EngineConfig) -> Callable[..., ScriptedServer]:
    """`send(zone, script)` runs the engine once, with this zone as DNS and one server on 127.0.0.1.

    `server`: what else the server is told; `moods`: what the DNS server does at names; the rest goes to the
    engine.
    """

    def send(
        zone: Zone,
        script: Script = lambda _: None,
        *,
        server: dict[str, Any] | None = None,
        moods: dict[str, str] | None = None,
        **changes: Any,
    ) -> ScriptedServer:
        async def run() -> ScriptedServer:
            async with DnsServer(zone) as dns, ScriptedServer(script, **(server or {})) as receiver:
                dns.moods = moods or {}
                # What other tests left behind may be due as well: the run ends all the same.
                told: dict[str, Any] = {
                    "networks": (ip_network("127.0.0.0/8"),),
                    "idle_seconds": 1.5,
                    "claim_seconds": 10,
                }
                told |= {"dns": dns.address, "smtp_port": receiver.port} | changes
                await Run(replace(config, **told), lambda: False).execute()
                return receiver

        return asyncio.run(run())

    return send
