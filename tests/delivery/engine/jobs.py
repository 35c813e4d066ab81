"""Jobs and outcomes for tests of the engine's decisions."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from delivery.engine.job import Job
from delivery.engine.verdicts import Moment
from delivery.models.stream import Stream
from relay_saas.mail.replies import Stage, parse_text
from relay_saas.mail.retry import PRODUCTION
from relay_saas.mail.smtp.outcome import Kind, Outcome, Peer

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
TENANT = UUID("00000000-0000-7000-8000-0000000000aa")
MESSAGE = UUID("019ab000-0000-7000-8000-0000000000bb")
MOMENT = Moment(now=NOW, random=0.5, timings=PRODUCTION)


def a_job(**changes: Any) -> Job:
    """A first attempt of a campaign's message, due now."""
    values: dict[str, Any] = {
        "tenant_id": TENANT,
        "tenant_number": 7,
        "message_id": MESSAGE,
        "fence": 1,
        "lane_id": 1,
        "pool_id": 1,
        "source_id": None,
        "site_id": 1,
        "provider_id": 3,
        "domain": "acme.test",
        "stream": Stream.MARKETING.value,
        "campaign_id": 5,
        "contact_id": 9,
        "content_id": 2,
        "rcpt": "ann@acme.test",
        "rcpt_key": "ann@acme.test",
        "merge": {"contact": {"email": "ann@acme.test", "first_name": "Ann"}},
        "attempts": 0,
        "doubts": 0,
        "dated_at": None,
        "due_at": NOW,
        "expires_at": NOW + timedelta(days=2),
    }
    return Job(**values | changes)


def an_outcome(
    kind: Kind = Kind.REPLY, stage: Stage = Stage.DOT, said: str | None = None, **more: Any
) -> Outcome:
    """How a transaction ended; `said` is the server's reply."""
    reply = parse_text(said) if said is not None else None
    peer = Peer(host="mx1.acme.test", address="127.20.9.1", port=25)
    return Outcome(kind=kind, stage=stage, peer=peer, reply=reply, **more)
