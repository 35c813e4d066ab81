"""From how a transaction ended to what the ledger says: pure decisions."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol
from uuid import UUID

from delivery.engine.job import Job, Record
from delivery.models.ledger import AttemptState
from delivery.services.timings import STREAMS
from relay_saas.mail.bounces import EFFECTS, Category, Disposition, Verdict, classify, strikes
from relay_saas.mail.bounces import Final as FinalState
from relay_saas.mail.replies import Stage
from relay_saas.mail.retry import Timings, after_doubt, next_attempt, stands
from relay_saas.mail.smtp.outcome import Kind, Outcome

#: What the ledger says of jobs that must not be sent.
BLOCKED: Final = {
    "suppressed": AttemptState.SUPPRESSED,
    "unsubscribed": AttemptState.SUPPRESSED,
    "expired": AttemptState.EXPIRED,
}


class Claimed(Protocol):
    """As much of a claimed entry as a decision without an answer needs."""

    tenant_id: UUID
    message_id: UUID
    fence: int
    campaign_id: int | None
    lane_id: int
    provider_id: int
    stream: int
    doubts: int
    dated_at: datetime | None
    expires_at: datetime

    @property
    def number(self) -> int:
        """The attempt that was made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """What a decision needs to know beside the outcome."""

    now: datetime
    #: In [0, 1), spreads the retries.
    random: float
    timings: Timings


_UNTRIED: Final = frozenset({Kind.NOT_ATTEMPTED, Kind.VETOED})
#: No reply: the path's fault, and worth another try.
_NETWORK: Final = Verdict(category=Category.NETWORK_TEMP, disposition=Disposition.RETRY, rule="no_reply")


def of_outcome(
    job: Job,
    outcome: Outcome,
    moment: Moment,
    *,
    source_id: int,
    dated_at: datetime,
    size: int | None = None,
) -> Record | None:
    """The attempt that an outcome makes; None where nothing was tried. `size`: octets, if it was composed."""
    if outcome.kind in _UNTRIED:
        return None
    reply, peer, tls = outcome.reply, outcome.peer, outcome.tls
    seen: dict[str, Any] = {
        "source_id": source_id,
        "host": peer.host,
        "endpoint": (peer.address, peer.port, tls.version if tls else "", tls.cipher if tls else ""),
        "size": size,
        "stage": outcome.stage.value,
        "tls": tls is not None,
        "timings": tuple([milliseconds for _, milliseconds in outcome.timings]),
        "dated_at": job.dated_at or dated_at,
    }
    if reply is not None:
        seen["code"] = reply.code
        seen["enhanced"] = reply.enhanced or ""
        seen["reply"] = str(reply)
    if outcome.delivered:
        return _record(job, moment, AttemptState.DELIVERED, seen)
    seen["transcript"] = transcript(job, outcome)
    if outcome.kind is Kind.IN_DOUBT:
        return in_doubt(job, moment, seen | {"category": str(outcome.cause or "")})
    return refused(job, verdict_of(outcome), moment, seen)


def verdict_of(outcome: Outcome) -> Verdict:
    """The class of everything that is neither delivered nor in doubt."""
    if outcome.reply is None:
        return _NETWORK
    verdict = classify(outcome.reply, outcome.stage, outcome.peer.host)
    if outcome.kind is Kind.UNSUPPORTED:
        return Verdict(category=verdict.category, disposition=Disposition.FAIL, rule=verdict.rule)
    return verdict


def refused(job: Job, verdict: Verdict, moment: Moment, seen: dict[str, Any]) -> Record:
    """A refusal of any kind: tried again, given up, or final at once."""
    seen = seen | {"category": str(verdict.category), "rule": verdict.rule}
    if verdict.disposition is Disposition.RETRY:
        due = next_attempt(
            verdict.category,
            STREAMS[job.stream],
            job.number,
            first_at=job.dated_at or moment.now,
            now=moment.now,
            random=moment.random,
            timings=moment.timings,
        )
        if due is not None and due < job.expires_at:
            return _record(job, moment, AttemptState.DEFERRED, seen | {"next_attempt_at": due})
        if not stands(verdict.category, job.number, moment.timings):
            return _record(job, moment, AttemptState.EXPIRED, seen)
    return _final(job, verdict, moment, seen)


def _final(job: Job, verdict: Verdict, moment: Moment, seen: dict[str, Any]) -> Record:
    state = AttemptState.BOUNCED if verdict.final is FinalState.BOUNCED else AttemptState.FAILED
    return _record(
        job,
        moment,
        state,
        seen
        | {
            "rcpt_key": job.rcpt_key,
            "strikes": strikes(verdict.category, seen.get("host", "")),
            "within_days": EFFECTS[verdict.category].within_days,
        },
    )


def in_doubt(job: Claimed, moment: Moment, seen: dict[str, Any]) -> Record:
    """Sent, and the answer was lost: final, or once more for mail that a person waits for."""
    due = after_doubt(
        STREAMS[job.stream],
        job.doubts + 1,
        first_at=job.dated_at or moment.now,
        expires_at=job.expires_at,
        now=moment.now,
        timings=moment.timings,
    )
    if due is None:
        return _record(job, moment, AttemptState.IN_DOUBT, seen)
    return _record(job, moment, AttemptState.DOUBTED, seen | {"next_attempt_at": due})


def unsent(job: Job, moment: Moment, state: AttemptState, category: str, detail: str = "") -> Record:
    """An end without a server: suppressed, or a message that cannot be made."""
    return _record(job, moment, state, {"category": category, "transcript": detail})


def not_allowed(job: Job, moment: Moment, addresses: str) -> Record:
    """The domain's servers are where nobody may be delivered to (private addresses): failed, because no
    server has refused it."""
    seen = {
        "category": str(Category.DOMAIN_BAD),
        "rule": "address_not_allowed",
        "stage": str(Stage.CONNECT),
        "transcript": addresses,
    }
    return _record(job, moment, AttemptState.FAILED, seen)


def transcript(job: Job, outcome: Outcome) -> str:
    """What was said, as far as the outcome knows; the recipient's own transaction only."""
    peer = outcome.peer
    lines = [
        f"-- {peer.host} [{peer.address}]:{peer.port}" + (f" {outcome.tls.version}" if outcome.tls else "")
    ]
    lines.append(f"-- {outcome.kind} at {outcome.stage}, RCPT TO:<{job.rcpt}>")
    if outcome.reply is not None:
        lines += [
            f"<- {outcome.reply.code} {outcome.reply.enhanced or ''} {line}" for line in outcome.reply.lines
        ]
    elif outcome.cause is not None:
        lines.append(f"-- {outcome.cause}: {outcome.detail}" if outcome.detail else f"-- {outcome.cause}")
    return "\n".join(lines)


def _record(job: Claimed, moment: Moment, state: AttemptState, seen: dict[str, Any]) -> Record:
    return Record(
        tenant_id=job.tenant_id,
        message_id=job.message_id,
        fence=job.fence,
        number=job.number,
        campaign_id=job.campaign_id,
        lane_id=job.lane_id,
        provider_id=job.provider_id,
        state=state,
        at=moment.now,
        **seen,
    )
