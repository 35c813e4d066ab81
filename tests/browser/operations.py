"""What operators see in the browser tests: brakes, addresses, runs, doubts, a message with a past."""

from datetime import timedelta
from uuid import UUID, uuid4

import psycopg
from django.conf import settings
from django.db import connection
from django.utils import timezone

from accounts.models import SendingDomain, Tenant, User
from accounts.tenancy import tenant_scope
from campaigns.models import Content
from delivery.models import (
    Attempt,
    AttemptState,
    Domain,
    EgressHost,
    EgressPool,
    EgressSource,
    Lane,
    Message,
    PolicyAction,
    QueueEntry,
    Reply,
    Scope,
    Site,
    Transcript,
)
from delivery.models.stream import Stream
from delivery.services import policy
from tests.browser.ledger import providers
from tests.browser.story import HOSTILE

SLOW = "421 4.7.28 Our system has detected an unusual rate of unsolicited mail originating from your IP"
_RUN = """
insert into delivery_queuerun (id, host, slot, boot_id, pid, journal, started_at, heartbeat_at)
values (%s, 'relay-tokyo-1.example', %s, '', %s, '', now() - interval '40 seconds', now() + %s)
"""
_TAUGHT = """
insert into delivery_sitefeedback (source_id, site_id, connections, failures, quiet_until)
select %s, id, 3.4, 1, now() + interval '22 minutes' from delivery_site where provider_id = %s
"""
_PERMIT = "insert into delivery_permit (run_id, source_id, provider_id, n) values (%s, %s, %s, %s)"


def operator(slug: str) -> User:
    """Somebody of the staff, in no organization."""
    user = User.objects.create_user(f"operator@{slug}.test")
    User.objects.filter(pk=user.pk).update(is_staff=True)
    user.refresh_from_db()
    return user


def fill(tenant: Tenant) -> UUID:
    """Everything; returns a message that was deferred, delivered and clicked in doubt of nobody."""
    gmail, docomo, yahoo, *_rest = providers()
    pool = EgressPool.objects.get_or_create(name="shared")[0]
    sources = [
        EgressSource.objects.get_or_create(
            address=f"127.30.0.{number}",
            defaults={"pool": pool, "helo": f"mx{number}.relay.test", "host": "relay-tokyo-1.example"},
        )[0]
        for number in (1, 2)
    ]
    soon = timezone.now() + timedelta(minutes=22)
    policy.impose(
        scope=Scope(provider_id=gmail.pk), action=PolicyAction.RATE_PER_MINUTE, value=600, until=soon,
        reason="Gmail asked for a lower rate", set_by="rule", rule="gmail_4_7_28_ip", evidence=SLOW,
    )  # fmt: skip
    policy.suspend(
        scope=Scope(provider_id=docomo.pk), reason="障害情報により一時停止 / outage announced",
        set_by="operator@relay.test",
    )  # fmt: skip
    policy.impose(
        scope=Scope(source_id=sources[1].pk), action=PolicyAction.CONNECTIONS, value=2, until=soon,
        reason="too many connections", set_by="rule", rule="too_many_connections",
        evidence=f"421 4.3.2 {HOSTILE}",
    )  # fmt: skip
    ended = policy.suspend(
        scope=Scope(provider_id=yahoo.pk), reason="TSS04", set_by="rule", rule="yahoo_tss04"
    )
    policy.lift(policy_id=ended.pk, by="operator@relay.test")
    EgressHost.objects.create(name="relay-tokyo-1.example", boot_id="b", boot_at=timezone.now())
    _runs(sources, gmail.pk)
    _doubt(tenant, gmail.pk)
    return _message(tenant, gmail.pk, sources[0])


def _runs(sources: list[EgressSource], provider_id: int) -> None:
    with psycopg.connect(settings.DATABASE_DISPATCH_URL, autocommit=True) as dispatch:
        # One that is heard of all day long, and one that fell silent.
        for slot, age in ((0, timedelta(days=1)), (1, timedelta(seconds=-30))):
            run_id = uuid4()
            dispatch.execute(_RUN, [run_id, slot, 4000 + slot, age])
            dispatch.execute(_PERMIT, [run_id, sources[slot].pk, provider_id, 3])
            dispatch.execute(_TAUGHT, [sources[slot].pk, provider_id])


def _write(tenant: Tenant, address: str) -> Message:
    domain = SendingDomain.objects.get(tenant_id=tenant.pk)
    content = Content.objects.create(
        tenant_id=tenant.pk,
        from_address=f"shop@{domain.name}",
        subject="ご注文の確認(注文番号 17)",
        sending_domain=domain,
    )
    with connection.cursor() as cursor:
        cursor.execute("select uuidv7()")
        number = cursor.fetchone()[0]
    return Message.objects.create(
        tenant_id=tenant.pk,
        id=number,
        stream=Stream.TRANSACTIONAL,
        content_id=content.pk,
        rcpt=address,
        rcpt_key=address,
        domain_id=Domain.objects.get_or_create(name=address.partition("@")[2])[0].pk,
        created_at=timezone.now(),
    )


def _doubt(tenant: Tenant, provider_id: int) -> None:
    with tenant_scope(tenant.pk):
        message = _write(tenant, "m.yamanouchi.from.the.very.long.street@icloud.test")
        Attempt.objects.create(
            tenant_id=tenant.pk, message_id=message.id, number=1, state=AttemptState.IN_DOUBT, stage="dot",
            category="timeout", host="mx.icloud.test", provider_id=provider_id, at=timezone.now(),
        )  # fmt: skip


def _message(tenant: Tenant, provider_id: int, source: EgressSource) -> UUID:
    """Deferred twice, and due again."""
    now = timezone.now()
    with tenant_scope(tenant.pk):
        message = _write(tenant, "akari.hino@gmail.test")
        texts = (SLOW, f"451 4.3.0 {HOSTILE} try again later")
        for number, text in enumerate(texts, 1):
            reply = Reply.objects.create(tenant_id=tenant.pk, digest=uuid4().bytes, text=text)
            Attempt.objects.create(
                tenant_id=tenant.pk, message_id=message.id, number=number, state=AttemptState.DEFERRED,
                category="rate_limited", code=int(text[:3]), enhanced=text[4:10].strip(), stage="mail",
                rule="gmail_rate", reply_id=reply.pk, host="mx.gmail.test", provider_id=provider_id,
                source_id=source.pk, tls=True, timings=[14, 9], at=now - timedelta(minutes=9 - 3 * number),
                dated_at=now, next_attempt_at=now + timedelta(minutes=7),
            )  # fmt: skip
            Transcript.objects.create(
                tenant_id=tenant.pk, message_id=message.id, number=number,
                lines=f"-- mx.gmail.test [127.20.0.1]:25 TLSv1.3\n<- {text}",
            )  # fmt: skip
        lane = Lane.objects.create(
            tenant_id=tenant.pk,
            pool_id=source.pool_id,
            source=source,
            site=Site.objects.filter(provider_id=provider_id).first(),
            stream=Stream.TRANSACTIONAL,
        )
        QueueEntry.objects.create(
            tenant_id=tenant.pk,
            message_id=message.id,
            lane_id=lane.pk,
            domain_id=message.domain_id,
            attempts=2,
            next_attempt_at=now + timedelta(minutes=7),
            expires_at=now + timedelta(hours=4),
        )
    return message.id
