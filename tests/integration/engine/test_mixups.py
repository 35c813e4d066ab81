"""No attempt ever holds what was said of another message, however a receiver loses count."""

import asyncio
import secrets
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_network

import pytest
from django.utils import timezone

from accounts.models import SendingDomain, Tenant
from accounts.tenancy import tenant_scope
from delivery.engine.config import EngineConfig
from delivery.engine.run import Run
from delivery.models import AttemptState, EgressPool, EgressSource, QueueEntry, Scope
from delivery.selectors.attempts import AttemptRow, attempts_between
from delivery.selectors.event_records import return_path, sender_of
from delivery.services import egress
from delivery.services.shaping import set_override
from tests.integration.dns_server import DnsServer
from tests.integration.engine.unsteady_receiver import Transaction, UnsteadyReceiver

MESSAGES, SITES, A_SESSION = 1000, 5, 5


@pytest.fixture
def pool(config: EngineConfig, tenant: Tenant) -> Iterator[EgressPool]:
    """An address for this tenant alone, whose sessions are short, so that there are many."""
    pool = EgressPool.objects.create(name=f"unsteady{secrets.token_hex(4)}")
    source = EgressSource.objects.create(
        pool=pool, address="127.30.9.2", helo="mx.sources.test", host=config.host
    )
    setting = {"setting": "max_messages_per_connection", "value": str(A_SESSION), "set_by": "test"}
    set_override(scope=Scope(pool_id=pool.pk), **setting)
    egress.assign_pool(pool=pool, tenant_id=tenant.pk)
    yield pool
    # Else the runs of later tests would go on with what is deferred here.
    EgressSource.objects.filter(pk=source.pk).update(host="elsewhere")
    with tenant_scope(tenant.pk):
        QueueEntry.objects.all().delete()


def sent_through(config: EngineConfig, receiver: UnsteadyReceiver, name: str, host: str) -> None:
    """One run of the engine with this receiver as every site of the zone."""
    zone = {}
    for number in range(SITES):
        zone[f"d{number}.{name}", "MX"] = [f"10 mx.d{number}.{name}."]
        zone[f"mx.d{number}.{name}", "A"] = ["127.0.0.1"]

    async def run() -> None:
        async with DnsServer(zone) as dns, receiver:
            told = replace(
                config,
                networks=(ip_network("127.0.0.0/8"),),
                dns=dns.address,
                smtp_port=receiver.port,
                # Ended by its last message; one that must be tried again has its time.
                idle_seconds=12,
                claim_seconds=60,
            )
            await Run(told, lambda: len(receiver.log_of(host)) >= MESSAGES).execute()

    asyncio.run(run())


def ledger_of(tenant: Tenant) -> dict[str, list[AttemptRow]]:
    """Attempts by the return path of their message."""
    now, sender = timezone.now(), sender_of(tenant.pk)
    found: defaultdict[str, list[AttemptRow]] = defaultdict(list)
    for page in attempts_between(tenant_id=tenant.pk, start=now - timedelta(hours=1), end=now):
        for row in page:
            found[str(return_path(row, sender))].append(row)
    return found


def differences(rows: list[AttemptRow], log: list[Transaction]) -> list[str]:
    """What the ledger says of one message and its receiver does not, or the other way round."""
    found, left = [], list(log)
    for row in rows:
        if row.stage == "connect":
            continue
        # What was told well comes first: of what the wire spoilt nothing need have come to be known.
        told = [one for one in sorted(left, key=lambda one: one.faulty) if _tells(row, one)]
        if told:
            left.remove(told[0])
        else:
            found.append(f"{row} is not in {log}")
    found += [f"{one} is not in {rows}" for one in left if one.taken or not (one.faulty or one.cut)]
    if sum(one.taken for one in log) > sum(
        row.state is AttemptState.DELIVERED or row.in_doubt for row in rows
    ):
        found.append(f"{log} took more copies than {rows} know of")
    return found


def _tells(row: AttemptRow, one: Transaction) -> bool:
    """Whether an attempt may have come of a transaction: its very reply, or a loss that the wire explains."""
    if row.code is None:
        return one.faulty and not (one.taken and not row.in_doubt)
    if row.state is AttemptState.DELIVERED and not one.taken:
        return False
    # Where one reply is missing and the connection goes, the next one stands for it: of the same message.
    return row.reply in one.said.values() if one.dropped else row.reply == one.said.get(row.stage)


def test_no_attempt_holds_what_was_said_of_another_message(
    name: str,
    tenant: Tenant,
    domain: SendingDomain,
    config: EngineConfig,
    pool: EgressPool,
    launch: Callable[..., int],
) -> None:
    launch([f"p{number}@d{number % SITES}.{name}" for number in range(MESSAGES)])
    host = f"rp.{domain.name}"
    receiver = UnsteadyReceiver(seed=1, share=0.05)
    sent_through(config, receiver, name, host)
    ledger, log = ledger_of(tenant), receiver.log_of(host)
    assert len(log) == MESSAGES
    assert ledger.keys() <= log.keys()
    assert [text for path, seen in log.items() for text in differences(ledger[path], seen)] == []
    assert len(receiver.faults) >= 5
    replies = [row.reply for rows in ledger.values() for row in rows if row.code is not None]
    assert len(set(replies)) >= MESSAGES * 0.95, "each message has words of its own"
