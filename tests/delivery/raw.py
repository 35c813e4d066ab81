"""Whole messages accepted, and composed as the queue runs compose them."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.db import connection

from accounts.models import Tenant
from accounts.selectors.signing import SIGNING_KEYS_SQL, signing_key
from accounts.tenancy import tenant_scope
from delivery.engine.compose import Composer
from delivery.engine.content import _CONTENT, prepare
from delivery.engine.job import Job
from delivery.inbound.address import token_keys
from delivery.models import Message, QueueEntry
from delivery.services.raw_spec import RawOptions
from delivery.services.raw_submission import submit_raw
from delivery.services.submission import Accepted
from relay_saas.mail.smtp.transaction import Outgoing

AT = datetime(2026, 11, 24, 5, 0, tzinfo=UTC)
FROM = b"From: Acme <shop@news.acme.test>\r\n"
PLAIN = FROM + b"To: taro@gmail.test\r\nSubject: Order 17\r\nMessage-ID: <1@shop>\r\nDate: now\r\n\r\nHi\r\n"
OPTIONS = RawOptions(smtp_credential_id=7)


def accept(
    tenant: Tenant, raw: bytes = PLAIN, *, to: tuple[str, ...] = ("taro@gmail.test",), **changes: Any
) -> Accepted:
    envelope_from = changes.pop("envelope_from", "shop@news.acme.test")
    return submit_raw(
        tenant_id=tenant.pk,
        raw=raw,
        envelope_from=envelope_from,
        recipients=to,
        options=replace(OPTIONS, **changes),
    )


def composed(tenant: Tenant, accepted: Accepted) -> list[Outgoing]:
    """What goes out, in the order of the envelope."""
    scheme, _, port = settings.RELAY_EDGE_SCHEME_PORT.partition("::")
    composer = Composer(token_keys=token_keys(), edge_scheme=scheme, edge_port=f":{port}" if port else "")
    with tenant_scope(tenant.pk):
        messages = Message.objects.filter(submission_id=accepted.submission.pk).order_by("id")
        found = []
        for message in messages:
            content = prepare(*_row(tenant, message.content_id))
            found.append(composer.compose(_job(tenant, message), content, dated_at=AT))
    return found


def _row(tenant: Tenant, content_id: int) -> tuple[dict[str, Any], list[Any]]:
    with connection.cursor() as cursor:
        cursor.execute(_CONTENT, [tenant.pk, content_id])
        columns = [column.name for column in cursor.description]
        row = dict(zip(columns, cursor.fetchone(), strict=True))
        for name in ("headers", "attachments", "raw_parts"):
            # Django's connections leave jsonb as text.
            row[name] = json.loads(row[name])
        cursor.execute(SIGNING_KEYS_SQL, [tenant.pk, row["sending_domain_id"]])
        return row, [signing_key(tenant.pk, *item) for item in cursor.fetchall()]


def _job(tenant: Tenant, message: Message) -> Job:
    entry = QueueEntry.objects.get(message_id=message.id)
    return Job(
        tenant_id=tenant.pk, tenant_number=tenant.number, message_id=message.id, fence=1,
        lane_id=entry.lane_id, pool_id=1, source_id=None, site_id=1, provider_id=0, domain="",
        stream=message.stream, campaign_id=None, contact_id=None, content_id=message.content_id,
        rcpt=message.rcpt, rcpt_key=message.rcpt_key, merge=message.merge, attempts=0, doubts=0,
        dated_at=None, due_at=entry.next_attempt_at, expires_at=entry.expires_at, blocked="",
    )  # fmt: skip
