"""Who unsubscribes while a message is queued, claimed or on the wire gets none, up to its final dot."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from accounts.models import SendingDomain, Tenant
from accounts.tenancy import tenant_scope
from campaigns.models import Contact, ContactList
from campaigns.services.suppression import unsubscribe
from delivery.engine.config import EngineConfig
from delivery.engine.process import run_once
from delivery.models import Attempt, AttemptState, Message, QueueEntry
from delivery.services.stop import suppress_queued
from delivery.services.submission import submit
from delivery.services.submission_spec import Mailbox
from relay_saas.simulator.profiles.loader import load_scenario
from scripts.faults import gates
from scripts.faults.acts import Act
from scripts.faults.proxy import Proxy, proxied
from tests.delivery.test_submission import SPEC
from tests.integration.engine.conftest import configure
from tests.integration.engine.world import World, engine, simulated
from tests.integration.waiting import until

PEOPLE = [f"p{number}@acme.test" for number in range(3)]
#: The last look comes within two seconds of the claim; what was answered may go out for five.
LOOK_SECONDS = 3.5
Watched = tuple[EngineConfig, Proxy, World]


@pytest.fixture(scope="module")
def behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, Proxy]]:
    """A world without PIPELINING behind the proxy: RCPT is answered before DATA is written."""
    scenario = tmp_path_factory.mktemp("scenario")
    text = 'extends = "plain"\n[every_provider]\npipelining = false\nstarttls = "off"\n'
    (scenario / "_scenario.toml").write_text(text, encoding="utf-8")
    addresses = [host.address for one in load_scenario(str(scenario)).providers for host in one.mx]
    with (
        proxied(addresses, tmp_path_factory.mktemp("proxy") / "log") as proxy,
        simulated(tmp_path_factory.mktemp("world"), str(scenario)) as world,
    ):
        proxy.upstream_port = world.smtp_port
        yield world, proxy


@pytest.fixture
def watched(behind: tuple[World, Proxy], settings: Any, tmp_path: Path, committed: None) -> Iterator[Watched]:
    """An engine that speaks to that world by the proxy."""
    world, proxy = behind
    told = World(folder=world.folder, dns_port=world.dns_port, smtp_port=proxy.port)
    yield replace(configure(settings, told, tmp_path), idle_seconds=1), proxy, world
    proxy.open_all()


@contextmanager
def running(settings: Any, tenant: Tenant) -> Iterator[None]:
    """A run beside the test, until everything is settled."""
    with engine(settings, "--once") as process:
        yield
        until(lambda: queued(tenant) == 0, seconds=60, what="an empty queue")
        process.terminate()
        assert process.wait(timeout=60) == 0


def all_leave(tenant: Tenant) -> float:
    """Everybody unsubscribes, as the edge does it; the time at which that is answered."""
    with tenant_scope(tenant.pk):
        (mailing_list,) = ContactList.objects.all()
        for contact in Contact.objects.all():
            unsubscribe(
                tenant_id=tenant.pk,
                email_key=contact.email_key,
                contact_id=contact.pk,
                mailing_list_id=mailing_list.pk,
                source="one_click",
            )
            suppress_queued(tenant_id=tenant.pk, email_key=contact.email_key, mailing_list_id=mailing_list.pk)
    return time.time()


def queued(tenant: Tenant) -> int:
    with tenant_scope(tenant.pk):
        return QueueEntry.objects.count()


def states(tenant: Tenant) -> list[int]:
    with tenant_scope(tenant.pk):
        return sorted(Attempt.objects.values_list("state", flat=True))


@pytest.mark.parametrize("point", ["queued", gates.CONNECT, gates.RCPT, gates.DATA])
def test_who_leaves_before_the_final_dot_gets_nothing(
    watched: Watched,
    settings: Any,
    tenant: Tenant,
    domain: SendingDomain,
    launch: Callable[..., int],
    point: str,
) -> None:
    config, proxy, world = watched
    launch(PEOPLE)
    if point == "queued":
        all_leave(tenant)
        run_once(config, lambda: False)
    else:
        gate = proxy.gate(point, 1000)
        with running(settings, tenant):
            until(lambda: gate.held, what=f"a session at {point}")
            answered = all_leave(tenant)
            until(lambda: time.time() > answered + LOOK_SECONDS)
            gate.open()
    assert states(tenant) == [AttemptState.SUPPRESSED] * len(PEOPLE)
    assert world.recipients(domain.name) == []


def test_who_leaves_after_the_final_dot_has_it_and_that_is_counted(
    watched: Watched, settings: Any, tenant: Tenant, domain: SendingDomain, launch: Callable[..., int]
) -> None:
    _config, proxy, world = watched
    launch(PEOPLE[:1])
    gate = proxy.gate(gates.DOT, 1000)
    with running(settings, tenant):
        until(lambda: gate.held, what="a dot without an answer")
        answered = all_leave(tenant)
        until(lambda: time.time() > answered + LOOK_SECONDS)
        gate.open()
    assert states(tenant) == [AttemptState.DELIVERED]
    assert world.recipients(domain.name) == PEOPLE[:1]


def test_a_transactional_doubt_is_tried_once_more_as_the_same_message(
    watched: Watched, tenant: Tenant, domain: SendingDomain
) -> None:
    config, proxy, world = watched
    hasty = replace(config, timings=replace(config.timings, doubt=timedelta(seconds=1)), idle_seconds=3)
    spec = replace(
        SPEC,
        from_=Mailbox(address=f"shop@{domain.name}"),
        to=(Mailbox(address="buyer@acme.test"),),
    )
    message = submit(tenant_id=tenant.pk, spec=spec).messages[0].id
    proxy.acts = [Act(point=gates.DOT, times=1)]
    run_once(hasty, lambda: False)
    with tenant_scope(tenant.pk):
        assert Message.objects.filter(pk=message).exists()
        attempts = list(Attempt.objects.order_by("number").values_list("state", flat=True))
    assert attempts == [AttemptState.DOUBTED, AttemptState.DELIVERED]
    taken = [line for line in world.received() if line["mail_from"].endswith(f"rp.{domain.name}")]
    assert len(taken) == 2
    assert len({(line["message_id"], line["mail_from"]) for line in taken}) == 1
