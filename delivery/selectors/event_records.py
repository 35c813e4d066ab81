"""One JSON document per attempt, in the words of KumoMTA's log record where it has one (docs/events.md)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid5

from django.conf import settings

from accounts.models import Tenant
from accounts.tenancy import reading_scope
from delivery.models import AttemptState
from delivery.models.stream import Stream
from delivery.selectors.attempts import AttemptRow, attempts_between
from relay_saas.mail.bounces import Category
from relay_saas.mail.ids import format_id
from relay_saas.mail.replies import Stage
from relay_saas.mail.tokens import Purpose, Token, TokenKeys, encode

TYPES: Final[Mapping[AttemptState, str]] = {
    AttemptState.DELIVERED: "Delivery",
    AttemptState.DEFERRED: "TransientFailure",
    AttemptState.BOUNCED: "Bounce",
    AttemptState.FAILED: "Bounce",
    AttemptState.SUPPRESSED: "AdminBounce",
    AttemptState.EXPIRED: "Expiration",
    AttemptState.CANCELLED: "AdminBounce",
    AttemptState.IN_DOUBT: "InDoubt",
    AttemptState.DOUBTED: "InDoubt",
}
#: Our fifteen classes in KumoMTA's words.
CLASSIFICATIONS: Final[Mapping[str, str]] = {
    Category.RECIPIENT_UNKNOWN: "InvalidRecipient",
    Category.RECIPIENT_INACTIVE: "InactiveMailbox",
    Category.DOMAIN_BAD: "BadDomain",
    Category.MAILBOX_FULL: "QuotaIssues",
    Category.RECIPIENT_REFUSED: "PolicyRelated",
    Category.RATE_LIMITED: "TransientFailure",
    Category.GREYLISTED: "TransientFailure",
    Category.REPUTATION_BLOCK: "SpamBlock",
    Category.CONTENT_SPAM: "SpamContent",
    Category.CONTENT_POLICY: "ContentRelated",
    Category.AUTH_FAILURE: "AuthenticationFailed",
    Category.SENDER_REJECTED: "InvalidSender",
    Category.NETWORK_TEMP: "NoAnswerFromHost",
    Category.PROTOCOL: "ProtocolErrors",
    "expired": "MessageExpired",
}
UNCATEGORIZED: Final = "Uncategorized"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """What all records of one organization share."""

    tenant_id: UUID
    slug: str
    number: int
    keys: TokenKeys


def sender_of(tenant_id: UUID) -> Sender:
    """The organization as its records name it."""
    with reading_scope(tenant_id):
        tenant = Tenant.objects.get(pk=tenant_id)
    keys = TokenKeys(settings.RELAY_TOKEN_KEYS, next(iter(settings.RELAY_TOKEN_KEYS)))
    return Sender(tenant_id=tenant_id, slug=tenant.slug, number=tenant.number, keys=keys)


def event_records(
    *, tenant_id: UUID, start: datetime, end: datetime, size: int = 1000
) -> Iterator[dict[str, Any]]:
    """The records of all attempts with `start <= at < end`, in the order of time; memory for one page."""
    sender = sender_of(tenant_id)
    for page in attempts_between(tenant_id=tenant_id, start=start, end=end, size=size):
        for row in page:
            yield event_record(row, sender)


def event_id(message_id: UUID, number: int) -> str:
    """`evt_…`: the same for the same attempt, however often it is told."""
    return format_id("evt", uuid5(message_id, str(number)))


def event_record(row: AttemptRow, sender: Sender) -> dict[str, Any]:
    """The document of one attempt; null where there is nothing to say, times in UTC (ISO 8601)."""
    late = row.stage == Stage.OUT_OF_BAND
    return {
        "type": "OOB" if late else TYPES[row.state],
        "id": event_id(row.message_id, row.number),
        "event_time": row.at.isoformat(),
        "created_time": row.created_at.isoformat(),
        "sender": return_path(row, sender),
        "recipient": row.rcpt,
        "queue": f"{row.campaign_id or ''}:{sender.slug}@{row.domain}",
        "site": row.site or None,
        "provider": row.provider or None,
        "size": row.size,
        "peer_address": _peer(row),
        "response": _response(row),
        "num_attempts": row.number - 1,
        "bounce_classification": _classification(row),
        "egress_pool": row.pool or None,
        "egress_source": row.helo or None,
        "source_address": row.source_address or None,
        "delivery_protocol": "ESMTP" if row.host and not late else None,
        "tenant": sender.slug,
        "campaign": row.campaign_id,
        "stream": Stream(row.stream).name.lower(),
        "submission": format_id("em", row.submission_id) if row.submission_id else None,
        "message": format_id("msg", row.message_id),
        "attempt": row.number,
        "state": row.state.name.lower(),
        "category": row.category or None,
        "rule": row.rule or None,
        "tls": row.tls,
        "tls_protocol_version": row.tls_version or None,
        "tls_cipher": row.tls_cipher or None,
        "in_doubt": row.in_doubt,
        "timings": row.phases,
        "next_attempt_time": row.next_attempt_at.isoformat() if row.next_attempt_at else None,
        "queue_run": str(row.run_id) if row.run_id else None,
    }


def return_path(row: AttemptRow, sender: Sender) -> str | None:
    """The envelope's sender, made again as the engine made it."""
    if not row.sending_domain:
        return None
    host = f"rp.{row.sending_domain}"
    token = Token(purpose=Purpose.RETURN_PATH, tenant=sender.number, message=row.message_id, extra=0)
    return f"{encode(token, host, sender.keys)}@{host}"


def _peer(row: AttemptRow) -> dict[str, Any] | None:
    if not row.host:
        return None
    return {"name": row.host, "addr": row.peer_address or None, "port": row.peer_port}


def _response(row: AttemptRow) -> dict[str, Any] | None:
    if row.code is None:
        return None
    parts = [int(part) for part in row.enhanced.split(".")] if row.enhanced else []
    enhanced = dict(zip(("class", "subject", "detail"), parts, strict=False)) or None
    return {"code": row.code, "enhanced_code": enhanced, "content": row.reply, "command": row.stage or None}


def _classification(row: AttemptRow) -> str | None:
    if row.state == AttemptState.DELIVERED or row.in_doubt:
        return None
    return CLASSIFICATIONS.get(row.category, UNCATEGORIZED)
