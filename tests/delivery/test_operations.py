"""What operators see across tenants, and what they may give up."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from io import StringIO
from uuid import UUID, uuid4

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from accounts.audit import SYSTEM
from accounts.models import SendingDomain, Tenant
from accounts.services.tenants import create_tenant
from accounts.tenancy import tenant_scope
from delivery.exceptions import TooSlow
from delivery.models import (
    Attempt,
    AttemptState,
    Counter,
    Provider,
    QueueEntry,
    Rollup,
    Scope,
)
from delivery.models.stream import Stream
from delivery.selectors import operations
from delivery.services.expire import expire_waiting
from tests.delivery.builders import make_domain
from tests.delivery.story import accepted, deferred, site_of, tried
from tests.delivery.test_submission import SPEC

HOUR = timedelta(hours=1)


@pytest.fixture
def globex(db: None) -> Tenant:
    """A second organization with a domain of its own."""
    made = create_tenant(slug="globex", name="Globex", actor=SYSTEM)
    make_domain(made.pk, "news.globex.test")
    return made


def command(*arguments: str) -> str:
    out = StringIO()
    call_command("queue", *arguments, stdout=out)
    return out.getvalue()


def test_the_lanes_of_all_tenants_are_seen_at_once(
    tenant: Tenant, domain: SendingDomain, globex: Tenant
) -> None:
    for _ in range(3):
        accepted(tenant)
    with tenant_scope(tenant.pk):
        QueueEntry.objects.update(next_attempt_at=timezone.now() - HOUR)
    mailbox = replace(SPEC.from_, address="shop@news.globex.test")
    deferred(globex, accepted(globex, from_=mailbox))
    acme, other = operations.lanes()
    assert (acme.tenant_slug, acme.waiting, acme.due, acme.leased) == ("acme", 3, 3, 0)
    assert acme.overdue_since is not None
    assert (other.tenant_slug, other.waiting, other.due, other.overdue_since) == ("globex", 1, 0, None)
    assert other.provider_id == site_of().provider_id
    shown = command()
    assert "transactional acme campaign - | pool shared source - | waiting 3 due 3 held 0" in shown
    assert shown.endswith("4 messages in 2 lanes\n")


def test_a_lane_without_work_is_not_shown(tenant: Tenant, domain: SendingDomain) -> None:
    tried(tenant, accepted(tenant), AttemptState.DELIVERED)
    assert operations.lanes() == []


def test_the_days_sums_never_fall(tenant: Tenant) -> None:
    """A late bounce takes its delivery back by a row of its own, which must not look like a reset."""
    now = timezone.now()
    rows = [(AttemptState.DELIVERED, 5, 1, now), (AttemptState.DELIVERED, -1, 99, now)]
    rows += [(AttemptState.BOUNCED, 1, 99, now), (AttemptState.DELIVERED, 9, 1, now - timedelta(days=2))]
    with tenant_scope(tenant.pk):
        for state, n, shard, minute in rows:
            Rollup.objects.create(
                tenant_id=tenant.pk,
                campaign_id=0,
                minute=minute,
                provider_id=0,
                state=state,
                shard=shard,
                n=n,
            )
    assert operations.attempts_today() == {(0, AttemptState.DELIVERED): 5, (0, AttemptState.BOUNCED): 1}


def test_refusals_are_counted_by_class_and_only_lately(tenant: Tenant, domain: SendingDomain) -> None:
    now = timezone.now()
    deferred(tenant, accepted(tenant))
    tried(tenant, accepted(tenant), AttemptState.BOUNCED, category="recipient_unknown")
    tried(tenant, accepted(tenant), AttemptState.BOUNCED, category="recipient_unknown", at=now - 3 * HOUR)
    tried(tenant, accepted(tenant), AttemptState.DELIVERED)
    found = {(row.state, row.category): row.n for row in operations.refused_since(now - HOUR)}
    assert found == {
        (AttemptState.DEFERRED, "rate_limited"): 1,
        (AttemptState.BOUNCED, "recipient_unknown"): 1,
    }


def test_a_doubt_is_listed_until_it_is_resolved(tenant: Tenant, domain: SendingDomain) -> None:
    resolved, open_ = accepted(tenant), accepted(tenant, "hanako@docomo.test")
    for message_id in (resolved, open_):
        tried(
            tenant, message_id, AttemptState.IN_DOUBT, stage="dot", category="timeout", host="mx.gmail.test"
        )
    tried(tenant, resolved, AttemptState.BOUNCED, stage="oob")
    [row] = operations.doubts_since(timezone.now() - HOUR, most=10)
    assert (row.message_id, row.rcpt, row.cause, row.tenant_slug) == (
        open_,
        "hanako@docomo.test",
        "timeout",
        "acme",
    )


@pytest.fixture
def run(db: None, dispatch: psycopg.Connection) -> Iterator[UUID]:
    """A queue run that was heard of 20 seconds ago and may hold two connections, seen by everybody."""
    run_id = uuid4()
    dispatch.execute(
        "insert into delivery_queuerun (id, host, slot, boot_id, pid, journal, started_at, heartbeat_at) "
        "values (%s, %s, 0, '', 17, '', now() - interval '50 seconds', now() - interval '20 seconds')",
        [run_id, f"host-{run_id.hex[:8]}"],
    )
    yield run_id
    dispatch.execute("delete from delivery_queuerun where id = %s", [run_id])


def test_runs_are_told_with_the_age_of_their_heartbeat(run: UUID) -> None:
    found = {one.run_id: one for one in operations.open_runs()}[run]
    assert (found.slot, found.pid, found.permits) == (0, 17, 0)
    assert 20 <= found.heartbeat_age < 50


def test_a_question_that_takes_too_long_is_given_up(db: None) -> None:
    with pytest.raises(TooSlow), operations.patience(50), connection.cursor() as cursor:
        cursor.execute("select pg_sleep(5)")
    with connection.cursor() as cursor:
        cursor.execute("show statement_timeout")
        assert cursor.fetchone() == ("0",)


def test_only_what_is_old_enough_and_in_scope_is_given_up(
    tenant: Tenant, domain: SendingDomain, launched: Callable[..., int]
) -> None:
    fresh = accepted(tenant)
    deferred(tenant, fresh)
    provider = site_of().provider_id
    other = Provider.objects.create(id=78, name="docomo").pk
    assert expire_waiting(scope=Scope(provider_id=provider), older_than=HOUR) == 0
    assert expire_waiting(scope=Scope(provider_id=other), older_than=timedelta()) == 0
    assert expire_waiting(scope=Scope(stream=Stream.MARKETING), older_than=timedelta()) == 0
    assert expire_waiting(scope=Scope(host="mx.gmail.test"), older_than=timedelta()) == 0
    assert expire_waiting(scope=Scope(provider_id=provider), older_than=timedelta()) == 1
    with tenant_scope(tenant.pk):
        last = Attempt.objects.get(message_id=fresh, number=2)
        assert (last.state, last.rule) == (AttemptState.EXPIRED, "operator")
        assert not QueueEntry.objects.exists()
        assert Counter.objects.get(state=AttemptState.EXPIRED).n == 1


def test_what_a_queue_run_holds_is_left_alone(tenant: Tenant, domain: SendingDomain) -> None:
    message_id = accepted(tenant)
    with tenant_scope(tenant.pk):
        QueueEntry.objects.filter(message_id=message_id).update(run_id=uuid4())
    assert operations.lanes()[0].leased == 1
    assert expire_waiting(scope=Scope(), older_than=timedelta()) == 0


def test_the_command_changes_nothing_without_yes(tenant: Tenant, domain: SendingDomain) -> None:
    accepted(tenant)
    # Older than a minute by its id.
    with tenant_scope(tenant.pk), connection.cursor() as cursor:
        cursor.execute("update delivery_queueentry set message_id = uuid7_floor(now() - interval '1 hour')")
    assert "nothing was changed" in command("expire", "--older-than", "1m")
    assert command("expire", "--older-than", "2h", "--yes") == "0 messages given up\n"
    assert command("expire", "--older-than", "1m", "--yes") == "1 messages given up\n"
    with pytest.raises(CommandError, match="older-than"):
        command("expire", "--older-than", "2020-01-01")
