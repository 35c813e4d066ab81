"""An event in the shape of Postmark's webhooks, which django-anymail and others understand."""

from collections.abc import Mapping
from typing import Any, Final

from delivery.models import AttemptState
from relay_saas.mail.bounces import Category
from tracking.models import Engagement, EventBatch
from tracking.selectors.event_document import event_document, time_text
from tracking.selectors.event_feed import FeedRow

#: Our classes in Postmark's words and numbers; all else is a HardBounce.
_BOUNCES: Final[Mapping[str, tuple[str, int]]] = {
    Category.RECIPIENT_UNKNOWN: ("HardBounce", 1),
    Category.MAILBOX_FULL: ("SoftBounce", 4096),
    Category.CONTENT_SPAM: ("SpamNotification", 512),
    Category.REPUTATION_BLOCK: ("Blocked", 100008),
    Category.DOMAIN_BAD: ("DnsError", 256),
}
_HARD: Final = ("HardBounce", 1)
_TRANSIENT: Final = ("Transient", 2)


def postmark_document(row: FeedRow) -> dict[str, Any] | None:
    """The body; None for events that Postmark has no word for."""
    if row.source == EventBatch.Source.ATTEMPTS:
        return _attempt(row)
    if row.source == EventBatch.Source.ENGAGEMENTS:
        return _engagement(row)
    return None


def _common(row: FeedRow) -> dict[str, Any]:
    data = event_document(row)["data"]
    tags = data["tags"]
    return {
        "MessageID": data["email"] or data["message"],
        "Tag": tags[0] if tags else "",
        "Metadata": data["metadata"],
        "MessageStream": "broadcast" if data["stream"] == "marketing" else "outbound",
        "ServerID": 0,
    }


def _attempt(row: FeedRow) -> dict[str, Any] | None:
    at = time_text(row.attempted_at or row.noted_at)
    said = " ".join(str(part) for part in (row.code, row.enhanced, row.reply) if part)
    if row.word & 15 == AttemptState.DELIVERED:
        return _common(row) | {
            "RecordType": "Delivery",
            "Recipient": row.rcpt,
            "DeliveredAt": at,
            "Details": said,
        }
    state = AttemptState(row.word & 15)
    if state in {AttemptState.BOUNCED, AttemptState.EXPIRED}:
        kind, code = _BOUNCES.get(row.category or "", _HARD)
    elif state == AttemptState.DEFERRED:
        kind, code = _TRANSIENT
    else:
        return None
    return _common(row) | _bounce(row, kind, code, at, said)


def _bounce(row: FeedRow, kind: str, code: int, at: str, said: str) -> dict[str, Any]:
    return {
        "RecordType": "SpamComplaint" if kind == "SpamComplaint" else "Bounce",
        "ID": row.number,
        "Type": kind,
        "TypeCode": code,
        "Name": kind,
        "Description": row.category or "",
        "Details": said,
        "Email": row.rcpt,
        "From": "",
        "BouncedAt": at,
        "DumpAvailable": False,
        "Inactive": kind == "HardBounce",
        "CanActivate": kind == "HardBounce",
        "Subject": "",
    }


def _engagement(row: FeedRow) -> dict[str, Any] | None:
    at = time_text(row.engaged_at or row.noted_at)
    common = _common(row)
    seen = {
        "Recipient": row.rcpt,
        "ReceivedAt": at,
        "UserAgent": row.user_agent or "",
        "Platform": "Unknown",
        "Client": {},
        "OS": {},
        "Geo": {"IP": row.address or ""},
    }
    match row.kind:
        case Engagement.Kind.OPENED:
            return common | seen | {"RecordType": "Open", "FirstOpen": False}
        case Engagement.Kind.CLICKED:
            return (
                common
                | seen
                | {
                    "RecordType": "Click",
                    "OriginalLink": row.url or "",
                    "ClickLocation": "HTML",
                }
            )
        case Engagement.Kind.COMPLAINED:
            return common | _bounce(row, "SpamComplaint", 100001, at, "")
        case Engagement.Kind.UNSUBSCRIBED | Engagement.Kind.RESUBSCRIBED:
            return common | {
                "RecordType": "SubscriptionChange",
                "Recipient": row.rcpt,
                "ChangedAt": at,
                "Origin": "Recipient",
                "SuppressSending": row.kind == Engagement.Kind.UNSUBSCRIBED,
                "SuppressionReason": "ManualSuppression"
                if row.kind == Engagement.Kind.UNSUBSCRIBED
                else None,
            }
    return None
