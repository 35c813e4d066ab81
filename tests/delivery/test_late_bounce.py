"""Bounces after the 250: the state, the sums and the suppression follow, once."""

from collections import Counter as Tally
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone

from accounts.models import SendingDomain, Tenant
from accounts.models.tenant import new_id
from accounts.tenancy import tenant_scope
from campaigns.models import Suppression
from delivery.inbound.late_bounce import bounce_late
from delivery.inbound.mail import handle, handle_waiting, keep
from delivery.models import Attempt, AttemptState, Counter, InboundMail, QueueEntry, Reply, Rollup
from delivery.services.submission import submit
from relay_saas.mail.dsn import Dsn, parse_dsn
from relay_saas.mail.tokens import Purpose, Token
from tests.delivery.reports import report
from tests.delivery.test_submission import SPEC


def parsed(**changes: Any) -> Dsn:
    found = parse_dsn(report(**changes))
    assert found is not None
    return found


def sent(tenant: Tenant, state: AttemptState, *, category: str = "") -> UUID:
    """A message whose only attempt ended like this, counted as the queue runs count."""
    message = submit(tenant_id=tenant.pk, spec=replace(SPEC, text="x")).messages[0].id
    at = timezone.now() - timedelta(minutes=5)
    with tenant_scope(tenant.pk):
        QueueEntry.objects.filter(message_id=message).delete()
        Attempt.objects.create(
            tenant_id=tenant.pk, message_id=message, number=1, state=state, category=category, at=at,
            host="mx.gmail.test",
        )  # fmt: skip
        Counter.objects.get_or_create(
            tenant_id=tenant.pk, campaign_id=0, state=state, shard=1, defaults={"n": 1}
        )
    return message


def sums(tenant: Tenant, model: type[Counter] | type[Rollup]) -> dict[int, int]:
    tally: Tally[int] = Tally()
    with tenant_scope(tenant.pk):
        for state, n in model.objects.values_list("state", "n"):
            tally[state] += n
    return dict(tally)


@pytest.mark.parametrize("before", [AttemptState.DELIVERED, AttemptState.IN_DOUBT])
def test_a_delivered_or_doubtful_message_becomes_bounced(
    tenant: Tenant, domain: SendingDomain, before: AttemptState
) -> None:
    message = sent(tenant, before)
    assert bounce_late(tenant_id=tenant.pk, message_id=message, report=parsed())
    with tenant_scope(tenant.pk):
        attempt = Attempt.objects.get(message_id=message, number=2)
        reply = Reply.objects.get(pk=attempt.reply_id)
    assert (attempt.state, attempt.category) == (AttemptState.BOUNCED, "recipient_unknown")
    assert (attempt.code, attempt.enhanced, attempt.stage) == (550, "5.1.1", "oob")
    assert attempt.host == "mx.gmail.test"
    assert reply.text == "550 5.1.1 No such user here"
    assert sums(tenant, Counter) == {before: 0, AttemptState.BOUNCED: 1}
    assert sums(tenant, Rollup) == {before: -1, AttemptState.BOUNCED: 1}


def test_the_delivery_is_taken_back_in_its_own_minute(tenant: Tenant, domain: SendingDomain) -> None:
    message = sent(tenant, AttemptState.DELIVERED)
    bounce_late(tenant_id=tenant.pk, message_id=message, report=parsed())
    with tenant_scope(tenant.pk):
        first = Attempt.objects.get(message_id=message, number=1)
        back = Rollup.objects.get(state=AttemptState.DELIVERED)
    assert back.minute == first.at.replace(second=0, microsecond=0)


def test_an_unknown_address_is_suppressed_and_its_queued_mail_stopped(
    tenant: Tenant, domain: SendingDomain
) -> None:
    message = sent(tenant, AttemptState.DELIVERED)
    submit(tenant_id=tenant.pk, spec=SPEC)
    bounce_late(tenant_id=tenant.pk, message_id=message, report=parsed())
    with tenant_scope(tenant.pk):
        row = Suppression.objects.get()
        assert not QueueEntry.objects.exists()
    assert (row.email_key, row.scope, row.reason) == ("taro@gmail.test", "all", "bounced")
    assert row.message_id == message
    assert "No such user" in row.detail


def test_a_full_mailbox_is_suppressed_at_the_third_bounce(tenant: Tenant, domain: SendingDomain) -> None:
    full = parsed(status="5.2.2", diagnostic="smtp; 552 5.2.2 Mailbox full")
    for number in range(1, 4):
        message = sent(tenant, AttemptState.DELIVERED)
        assert bounce_late(tenant_id=tenant.pk, message_id=message, report=full)
        with tenant_scope(tenant.pk):
            assert Suppression.objects.exists() == (number == 3)


@pytest.mark.parametrize(
    "before",
    [state for state in AttemptState if state not in {AttemptState.DELIVERED, AttemptState.IN_DOUBT}],
)
def test_no_other_state_is_left(tenant: Tenant, domain: SendingDomain, before: AttemptState) -> None:
    message = sent(tenant, before)
    assert not bounce_late(tenant_id=tenant.pk, message_id=message, report=parsed())
    with tenant_scope(tenant.pk):
        assert Attempt.objects.count() == 1
        assert not Suppression.objects.exists()


def test_the_same_bounce_twice_counts_once(tenant: Tenant, domain: SendingDomain) -> None:
    message = sent(tenant, AttemptState.DELIVERED)
    assert bounce_late(tenant_id=tenant.pk, message_id=message, report=parsed())
    assert not bounce_late(tenant_id=tenant.pk, message_id=message, report=parsed())
    assert sums(tenant, Counter) == {AttemptState.DELIVERED: 0, AttemptState.BOUNCED: 1}


def test_a_message_that_nobody_knows_bounces_nowhere(tenant: Tenant) -> None:
    assert not bounce_late(tenant_id=tenant.pk, message_id=new_id(), report=parsed())


@pytest.mark.parametrize(
    ("raw", "kind", "state"),
    [
        (report(), "dsn", AttemptState.BOUNCED),
        (report(action="delayed", status="4.4.1"), "dsn", AttemptState.DELIVERED),
        (report(action="relayed", status="2.1.5"), "dsn", AttemptState.DELIVERED),
        (b"Subject: I am on holiday\r\n\r\nBye\r\n", "other", AttemptState.DELIVERED),
        (b"", "other", AttemptState.DELIVERED),
    ],
)
def test_only_a_report_of_failure_is_acted_on(
    tenant: Tenant, domain: SendingDomain, raw: bytes, kind: str, state: AttemptState
) -> None:
    message = sent(tenant, AttemptState.DELIVERED)
    token = Token(Purpose.RETURN_PATH, tenant.number, message)
    inbound_id = keep(tenant_id=tenant.pk, token=token, mail_from="", raw=raw)
    handle(tenant_id=tenant.pk, inbound_id=inbound_id)
    handle(tenant_id=tenant.pk, inbound_id=inbound_id)
    with tenant_scope(tenant.pk):
        mail = InboundMail.objects.get()
        last = Attempt.objects.order_by("-number")[0]
    assert (mail.kind, bytes(mail.raw), mail.handled_at is not None) == (kind, raw, True)
    assert last.state == state


def test_what_was_kept_and_not_handled_is_swept_after_a_minute(tenant: Tenant, domain: SendingDomain) -> None:
    message = sent(tenant, AttemptState.DELIVERED)
    token = Token(Purpose.RETURN_PATH, tenant.number, message)
    inbound_id = keep(tenant_id=tenant.pk, token=token, mail_from="", raw=report())
    assert handle_waiting() == 0
    with tenant_scope(tenant.pk):
        InboundMail.objects.filter(pk=inbound_id).update(received_at=timezone.now() - timedelta(minutes=2))
    assert handle_waiting() == 1
    assert handle_waiting() == 0
    with tenant_scope(tenant.pk):
        assert Attempt.objects.order_by("-number")[0].state == AttemptState.BOUNCED


def test_a_report_that_overtakes_the_outcome_waits_for_it(tenant: Tenant, domain: SendingDomain) -> None:
    message = submit(tenant_id=tenant.pk, spec=SPEC).messages[0].id
    token = Token(Purpose.RETURN_PATH, tenant.number, message)
    inbound_id = keep(tenant_id=tenant.pk, token=token, mail_from="", raw=report())
    with tenant_scope(tenant.pk):
        QueueEntry.objects.update(run_id=new_id())
    handle(tenant_id=tenant.pk, inbound_id=inbound_id)
    with tenant_scope(tenant.pk):
        assert InboundMail.objects.get().handled_at is None
        QueueEntry.objects.filter(message_id=message).delete()
        at = timezone.now()
        Attempt.objects.create(
            tenant_id=tenant.pk, message_id=message, number=1, state=AttemptState.DELIVERED, at=at
        )
    handle(tenant_id=tenant.pk, inbound_id=inbound_id)
    with tenant_scope(tenant.pk):
        assert InboundMail.objects.get().handled_at is not None
        assert Attempt.objects.order_by("-number")[0].state == AttemptState.BOUNCED
