"""Why a message has not gone yet: everything that stands between a queue entry and its next attempt."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from django.db import connection

from campaigns.models import Campaign
from delivery.models import Domain, Lane, PolicyAction, PolicyState, QueueEntry
from delivery.models.policy import DOMAIN_DRIFT
from delivery.selectors.attempts import AttemptRow
from delivery.selectors.policies import Place, policies_at

_RUNS: Final = """
select count(*) from delivery_queuerun r
where r.closed_at is null and r.heartbeat_at > now() - interval '45 seconds' and exists (
  select from delivery_egresssource s where s.host = r.host and s.pool_id = %s
    and (%s::bigint is null or s.id = %s))
"""


class Why(StrEnum):
    """What a message waits for."""

    #: A queue run holds it: it is on its way.
    SENDING = "sending"
    PAUSED = "paused"
    CANCELLED = "cancelled"
    #: Its sending domain is paused; `detail` is its name.
    DOMAIN = "domain"
    SUSPENDED = "suspended"
    SLOWED = "slowed"
    #: The last answer asked for patience; `detail` is its class.
    RETRY = "retry"
    #: Not due yet, without an attempt before.
    LATER = "later"
    #: The domain's servers are not known; `detail` is what DNS said last.
    ROUTE = "route"
    #: No queue run speaks from the addresses that it may leave by.
    NO_SENDER = "no_sender"
    #: Nothing stands against it but those before it.
    TURN = "turn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """One reason; `until` is None where nobody can say."""

    why: Why
    until: datetime | None = None
    detail: str = ""
    policy: PolicyState | None = None


def waits_of(
    *,
    entry: QueueEntry,
    lane: Lane,
    domain: Domain,
    campaign: Campaign | None,
    last: AttemptRow | None,
    place: Place,
    now: datetime,
) -> list[Wait]:
    """All reasons, the strongest first; never none."""
    if entry.run_id is not None:
        return [Wait(why=Why.SENDING)]
    found = _campaign_waits(campaign)
    policies = policies_at(place)
    suspending = [one for one in policies if one.action == PolicyAction.SUSPEND]
    slowing = [one for one in policies if one.action != PolicyAction.SUSPEND]
    found += [_stopped(one) for one in suspending]
    if lane.site_id is None:
        found.append(Wait(why=Why.ROUTE, until=domain.expires_at, detail=domain.state))
    if entry.next_attempt_at > now:
        found.append(
            Wait(why=Why.RETRY, until=entry.next_attempt_at, detail=last.category)
            if last is not None
            else Wait(why=Why.LATER, until=entry.next_attempt_at)
        )
    if lane.not_before is not None and lane.not_before > now:
        found.append(Wait(why=Why.LATER, until=lane.not_before))
    found += [
        Wait(why=Why.SLOWED, until=one.until, detail=f"{one.action} {one.value}", policy=one)
        for one in slowing
    ]
    if not _served(lane):
        found.append(Wait(why=Why.NO_SENDER))
    return found or [Wait(why=Why.TURN)]


def _stopped(policy: PolicyState) -> Wait:
    if policy.rule == DOMAIN_DRIFT:
        return Wait(why=Why.DOMAIN, until=policy.until, detail=policy.domain, policy=policy)
    return Wait(why=Why.SUSPENDED, until=policy.until, policy=policy)


def _campaign_waits(campaign: Campaign | None) -> list[Wait]:
    if campaign is None or campaign.state == Campaign.State.SENDING:
        return []
    if campaign.state == Campaign.State.CANCELLED:
        return [Wait(why=Why.CANCELLED)]
    return [Wait(why=Why.PAUSED)] if campaign.state == Campaign.State.PAUSED else []


def _served(lane: Lane) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(_RUNS, [lane.pool_id, lane.source_id, lane.source_id])
        return bool(cursor.fetchone()[0])
