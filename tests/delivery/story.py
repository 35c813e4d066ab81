"""Messages with a past, written as the queue runs write it."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone

from accounts.models import Tenant
from accounts.tenancy import tenant_scope
from delivery.engine.reply_text import digest
from delivery.models import (
    Attempt,
    AttemptState,
    Domain,
    EgressPool,
    EgressSource,
    Endpoint,
    Lane,
    Provider,
    QueueEntry,
    Reply,
    Site,
)
from delivery.services.submission import submit
from delivery.services.submission_spec import Mailbox
from tests.delivery.test_submission import SPEC

SLOW = "421 4.7.28 Our system has detected an unusual rate of mail"


def accepted(tenant: Tenant, address: str = "taro@gmail.test", **changes: Any) -> UUID:
    """One transactional message to `address` that waits in its lane."""
    spec = replace(SPEC, to=(Mailbox(address=address),), **changes)
    return submit(tenant_id=tenant.pk, spec=spec).messages[0].id


def site_of(name: str = "gmail.test", provider: str = "gmail", number: int = 77) -> Site:
    """The site of a recipient domain."""
    found, _ = Provider.objects.get_or_create(name=provider, defaults={"id": number})
    site, _ = Site.objects.get_or_create(key=f"mx.{name}", defaults={"provider": found})
    Domain.objects.update_or_create(name=name, defaults={"site": site, "state": Domain.State.OK})
    return site


def source_of(address: str = "127.30.0.1") -> EgressSource:
    """One of our addresses."""
    pool, _ = EgressPool.objects.get_or_create(name="shared")
    made = {"pool": pool, "helo": "mx1.relay.test", "host": "local"}
    return EgressSource.objects.get_or_create(address=address, defaults=made)[0]


def endpoint_of(address: str = "127.20.9.1") -> Endpoint:
    """A server's address, spoken to in TLS 1.3."""
    return Endpoint.objects.get_or_create(
        address=address, port=25, tls_version="TLSv1.3", tls_cipher="TLS_AES_256_GCM_SHA384"
    )[0]


def tried(tenant: Tenant, message_id: UUID, state: AttemptState, **columns: Any) -> Attempt:
    """The next attempt of a message; `reply` becomes an entry of the dictionary."""
    text = columns.pop("reply", "")
    with tenant_scope(tenant.pk):
        if text:
            reply, _ = Reply.objects.get_or_create(
                tenant_id=tenant.pk, digest=digest(text), defaults={"text": text}
            )
            columns["reply_id"] = reply.pk
        number = Attempt.objects.filter(message_id=message_id).count() + 1
        if state not in AttemptState.open_states():
            QueueEntry.objects.filter(message_id=message_id).delete()
        values = {"at": timezone.now(), "provider_id": 0} | columns
        return Attempt.objects.create(
            tenant_id=tenant.pk, message_id=message_id, number=number, state=state, **values
        )


def deferred(tenant: Tenant, message_id: UUID, due: datetime | None = None, **columns: Any) -> Attempt:
    """Gmail asked for patience; the message is due again in ten minutes."""
    site = site_of()
    due = due or timezone.now() + timedelta(minutes=10)
    with tenant_scope(tenant.pk):
        lane_id = QueueEntry.objects.get(message_id=message_id).lane_id
        Lane.objects.filter(pk=lane_id).update(site=site)
        QueueEntry.objects.filter(message_id=message_id).update(attempts=1, next_attempt_at=due)
    values = {
        "category": "rate_limited",
        "code": 421,
        "enhanced": "4.7.28",
        "stage": "mail",
        "rule": "gmail_rate",
        "reply": SLOW,
        "host": "mx.gmail.test",
        "provider_id": site.provider_id,
        "source_id": source_of().pk,
        "tls": True,
        "endpoint_id": endpoint_of().pk,
        "size": 10_240,
        "timings": [12, 7],
        "next_attempt_at": due,
    }
    return tried(tenant, message_id, AttemptState.DEFERRED, **values | columns)
