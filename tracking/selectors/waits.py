"""What of a campaign still waits, provider by provider: what holds it up, and when it may be done.

A tenant sees that a provider is stopped or slowed down and until when; the reply is its own. What other
tenants' mail was answered stays with the operators.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from django.db import connection

from campaigns.models import Campaign
from delivery.models import PolicyAction, PolicyState, Site
from delivery.models.policy import DOMAIN_DRIFT
from delivery.models.stream import Stream
from delivery.selectors.policies import active_policies
from tracking.selectors.live import ProviderRow

#: Whole minutes that the pace is taken from.
PACE_MINUTES: Final = 3
_PACE: Final = """
select provider_id, sum(n) from delivery_rollup
where tenant_id = %(tenant)s and campaign_id = %(campaign)s and state in (1, 3) and n > 0
  and minute >= date_trunc('minute', %(now)s::timestamptz) - make_interval(mins => %(minutes)s)
  and minute < date_trunc('minute', %(now)s::timestamptz)
group by 1
"""
_REPLIES: Final = """
select distinct on (a.provider_id) a.provider_id, a.category, coalesce(r.text, '')
from delivery_attempt a left join delivery_reply r on r.tenant_id = a.tenant_id and r.id = a.reply_id
where a.tenant_id = %(tenant)s and a.campaign_id = %(campaign)s and a.state = 2
order by a.provider_id, a.at desc
"""


class Hold(StrEnum):
    """What keeps a provider's part waiting."""

    PAUSED = "paused"
    #: Its sending domain's records broke.
    DOMAIN = "domain"
    SUSPENDED = "suspended"
    SLOWED = "slowed"
    RETRY = "retry"
    MOVING = "moving"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderWait:
    """One provider's waiting messages; `until` and `expected_end` are None where nobody can say."""

    name: str
    waiting: int
    hold: Hold
    until: datetime | None
    #: Class and words of the last answer to this campaign that asked for patience.
    category: str
    reply: str
    expected_end: datetime | None


def provider_waits(*, campaign: Campaign, rows: Sequence[ProviderRow], now: datetime) -> list[ProviderWait]:
    """A line for each provider with waiting messages, most first; none costs no query."""
    waiting = [row for row in rows if row.waiting]
    if not waiting:
        return []
    values: dict[str, Any] = {
        "tenant": campaign.tenant_id,
        "campaign": campaign.pk,
        "now": now,
        "minutes": PACE_MINUTES,
    }
    with connection.cursor() as cursor:
        cursor.execute(_PACE, values)
        settled = {number: int(n) for number, n in cursor.fetchall()}
        cursor.execute(_REPLIES, values)
        replies = {number: (category, text) for number, category, text in cursor.fetchall()}
    policies = _policies(campaign)
    lines = [
        _line(
            row,
            policies=policies,
            said=replies.get(row.id, ("", "")),
            per_minute=settled.get(row.id, 0) / PACE_MINUTES,
            paused=campaign.state == Campaign.State.PAUSED,
            now=now,
        )
        for row in waiting
    ]
    return sorted(lines, key=lambda line: (-line.waiting, line.name))


def _policies(campaign: Campaign) -> list[tuple[int | None, PolicyState]]:
    """The provider (None: all of them) and the policy, of those that are about this campaign's mail.

    What is about one of our addresses or one server holds up a part only, and is not told.
    """
    found = [
        policy
        for policy in active_policies().filter(host="", source_id=None, pool_id=None)
        if policy.tenant_id in {None, campaign.tenant_id}
        and policy.campaign_id in {None, campaign.pk}
        and policy.stream in {None, Stream.MARKETING.value}
        and policy.domain in {"", campaign.from_address.rpartition("@")[2]}
    ]
    sites = {policy.site_id for policy in found if policy.site_id is not None}
    of_site = dict(Site.objects.filter(pk__in=sites).values_list("pk", "provider_id")) if sites else {}
    return [
        (of_site.get(policy.site_id) if policy.site_id is not None else policy.provider_id, policy)
        for policy in found
    ]


def _line(
    row: ProviderRow,
    *,
    policies: list[tuple[int | None, PolicyState]],
    said: tuple[str, str],
    per_minute: float,
    paused: bool,
    now: datetime,
) -> ProviderWait:
    hold, until = _hold(row, [policy for number, policy in policies if number in {None, row.id}], now)
    if paused:
        hold, until = Hold.PAUSED, None
    return ProviderWait(
        name=row.name,
        waiting=row.waiting,
        hold=hold,
        until=until,
        category=said[0],
        reply=said[1],
        expected_end=_end(row.waiting, hold, until, per_minute, now),
    )


def _hold(row: ProviderRow, policies: list[PolicyState], now: datetime) -> tuple[Hold, datetime | None]:
    suspending = [policy for policy in policies if policy.action == PolicyAction.SUSPEND]
    if any(policy.rule == DOMAIN_DRIFT for policy in suspending):
        return Hold.DOMAIN, None
    for hold, found in ((Hold.SUSPENDED, suspending), (Hold.SLOWED, policies)):
        ends = [policy.until for policy in found if policy.until is not None]
        if found:
            return hold, max(ends) if len(ends) == len(found) else None
    if row.next_at is not None and row.next_at > now:
        return Hold.RETRY, row.next_at
    return Hold.MOVING, None


def _end(
    waiting: int, hold: Hold, until: datetime | None, per_minute: float, now: datetime
) -> datetime | None:
    """By the pace of the last whole minutes, counted from when it may go on."""
    if per_minute <= 0 or hold in {Hold.PAUSED, Hold.DOMAIN} or (hold is Hold.SUSPENDED and until is None):
        return None
    begins = until if until is not None and hold in {Hold.SUSPENDED, Hold.RETRY} else now
    return max(begins, now) + timedelta(minutes=waiting / per_minute)
