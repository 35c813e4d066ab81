"""Which lanes have due work, how much of each is fair, and the claim itself."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, TypeVar
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import class_row

from delivery.engine.job import Job, Release
from delivery.engine.places import START, Place

Jobs = TypeVar("Jobs", bound=Sequence[Job])
_NOWHERE: Final[Mapping[int, Place]] = MappingProxyType({})

#: Lanes that may go: resolved, not held back, of a campaign that is sending, served by our sources. One entry
#: is looked for in each: `exists` would become a join with all that waits.
_BOARD: Final = """
select l.id, l.tenant_id, l.pool_id, l.source_id, l.site_id, s.provider_id, l.stream, s.key as site_key,
  s.families, l.campaign_id, coalesce(d.name, l.sending_domain) as sending_domain
from delivery_lane l join delivery_site s on s.id = l.site_id
left join campaigns_campaign c on c.tenant_id = l.tenant_id and c.id = l.campaign_id
left join campaigns_content w on w.tenant_id = c.tenant_id and w.id = c.content_id
left join accounts_sendingdomain d on d.tenant_id = w.tenant_id and d.id = w.sending_domain_id
left join unnest(%(lanes)s::bigint[], %(dues)s::timestamptz[], %(messages)s::uuid[])
  p(lane_id, due, message_id) on p.lane_id = l.id
cross join lateral (
  select from delivery_queueentry q where q.lane_id = l.id and q.run_id is null and q.next_attempt_at <= now()
    and (q.next_attempt_at, q.message_id) > (coalesce(p.due, %(due)s), coalesce(p.message_id, %(message)s))
  order by q.next_attempt_at, q.message_id limit 1) first
where (l.not_before is null or l.not_before <= now()) and (l.campaign_id is null or c.state = 'sending')
  and l.pool_id = any(%(pools)s) and (l.source_id is null or l.source_id = any(%(sources)s))
"""

#: Who must not get a message `m` of the content `w`. A campaign goes to whom its list holds; mail by API
#: about a list goes to all but those who have left it.
_UNWANTED: Final = """when exists (select from campaigns_suppression x where x.tenant_id = {entry}.tenant_id
      and x.email_key = m.rcpt_key and (x.scope = 'all' or m.stream = 2)) then 'suppressed'
    when w.mailing_list_id is not null and (m.contact_id is not null or {entry}.campaign_id is null)
      and coalesce((select u.state from campaigns_subscription u where u.tenant_id = {entry}.tenant_id
        and u.mailing_list_id = w.mailing_list_id and u.contact_id = coalesce(m.contact_id, (
          select k.id from campaigns_contact k where k.tenant_id = {entry}.tenant_id
          and k.email_key = m.rcpt_key))),
        case when {entry}.campaign_id is null then 'subscribed' else 'unsubscribed' end) <> 'subscribed'
      then 'unsubscribed'"""

#: Entries are updated where they lie (they are locked in the same statement): joined by their key, the
#: planner would read a queue of 300,000 from end to end, since it takes a quota for a tenth of what waits.
#: `offset 0` makes the ledger be asked by its whole key, row by row: a table that was filled a second ago has
#: no statistics, and the planner would walk through all messages of the tenant for each.
_CLAIM: Final = f"""
with due as materialized (
  select d.place, d.tenant_id, d.message_id, d.due_at, w.lane_id, l.pool_id, l.source_id, l.site_id, l.stream,
    s.provider_id
  from unnest(%(lanes)s::bigint[], %(quotas)s::int[], %(dues)s::timestamptz[], %(messages)s::uuid[])
    w(lane_id, n, due, message_id)
  join delivery_lane l on l.id = w.lane_id join delivery_site s on s.id = l.site_id
  left join campaigns_campaign c on c.tenant_id = l.tenant_id and c.id = l.campaign_id
  cross join lateral (
    select q.ctid as place, q.tenant_id, q.message_id, q.next_attempt_at as due_at from delivery_queueentry q
    where q.lane_id = w.lane_id and q.run_id is null and q.next_attempt_at <= now()
      and (q.next_attempt_at, q.message_id) > (w.due, w.message_id)
    order by q.next_attempt_at, q.message_id limit w.n for no key update skip locked) d
  where l.campaign_id is null or c.state = 'sending'
), claimed as (
  update delivery_queueentry q set run_id = %(run)s, fence = q.fence + 1
  where q.ctid = any(array(select place from due))
  returning q.tenant_id, q.message_id, q.fence, q.lane_id, q.domain_id, q.campaign_id, q.attempts, q.doubts,
    q.dated_at, q.expires_at
)
select c.tenant_id, t.number as tenant_number, c.message_id, c.fence, c.lane_id, u.pool_id, u.source_id,
  u.site_id, u.provider_id, d.name as domain, m.stream, c.campaign_id, m.contact_id, m.content_id, m.rcpt,
  m.rcpt_key, m.merge, c.attempts, c.doubts, c.dated_at, u.due_at, c.expires_at, b.blocked
from claimed c join due u on u.tenant_id = c.tenant_id and u.message_id = c.message_id
cross join lateral (
  select m.tenant_id, m.stream, m.contact_id, m.content_id, m.rcpt, m.rcpt_key, m.merge
  from delivery_message m where m.tenant_id = c.tenant_id and m.id = c.message_id offset 0) m
join delivery_domain d on d.id = c.domain_id
join accounts_tenant t on t.id = c.tenant_id
join campaigns_content w on w.tenant_id = m.tenant_id and w.id = m.content_id
cross join lateral (select case
    {_UNWANTED.format(entry="c")}
    when c.expires_at <= now() then 'expired'
    else '' end as blocked) b
"""  # noqa: S608 - our own words

#: What is claimed and not yet on the wire, asked again: who must not go, and why.
_RECHECK: Final = f"""
select q.message_id, case
    when c.state in ('paused', 'cancelled') then c.state
    {_UNWANTED.format(entry="q")}
    else '' end
from unnest(%(tenants)s::uuid[], %(messages)s::uuid[]) g(tenant_id, message_id)
join delivery_queueentry q on q.tenant_id = g.tenant_id and q.message_id = g.message_id
cross join lateral (select m.tenant_id, m.stream, m.contact_id, m.content_id, m.rcpt_key
  from delivery_message m where m.tenant_id = q.tenant_id and m.id = q.message_id offset 0) m
join campaigns_content w on w.tenant_id = m.tenant_id and w.id = m.content_id
left join campaigns_campaign c on c.tenant_id = q.tenant_id and c.id = q.campaign_id
"""  # noqa: S608 - our own words


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """A lane that has something to do now."""

    id: int
    tenant_id: UUID
    pool_id: int
    source_id: int | None
    site_id: int
    provider_id: int
    stream: int
    site_key: str
    campaign_id: int | None = None
    #: The domain that its mail is sent from; "" where that may be several.
    sending_domain: str = ""
    #: Of the addresses of the site's hosts: 1 is IPv4, 2 is IPv6.
    families: int = 3


async def board(
    connection: AsyncConnection,
    *,
    pools: Sequence[int],
    sources: Sequence[int],
    places: Mapping[int, Place] = _NOWHERE,
) -> list[Lane]:
    """The lanes with due work that this host may serve, work behind the `places` alone."""
    values = {"pools": list(pools), "sources": list(sources), "due": START[0], "message": START[1]}
    async with connection.cursor(row_factory=class_row(Lane)) as cursor:
        await cursor.execute(_BOARD, values | {"lanes": list(places)} | _columns(list(places.values())))
        return await cursor.fetchall()


async def claim(
    connection: AsyncConnection,
    run_id: UUID,
    quotas: Mapping[int, int],
    places: Mapping[int, Place] = _NOWHERE,
) -> list[Job]:
    """Leases up to so many entries per lane, soonest first and behind the `places`, in one statement."""
    values = {"run": run_id, "lanes": list(quotas), "quotas": list(quotas.values())}
    begin = [places.get(lane_id, START) for lane_id in quotas]
    async with connection.cursor(row_factory=class_row(Job)) as cursor:
        await cursor.execute(_CLAIM, values | _columns(begin))
        return _looked_at(await cursor.fetchall())


def _columns(places: Sequence[Place]) -> dict[str, list[object]]:
    return {"dues": [due for due, _ in places], "messages": [message_id for _, message_id in places]}


async def recheck(connection: AsyncConnection, jobs: Sequence[Job]) -> dict[UUID, str]:
    """Why each of these must not be sent; "" where it may."""
    if not jobs:
        return {}
    values = {"tenants": [job.tenant_id for job in jobs], "messages": [job.message_id for job in jobs]}
    found = await connection.execute(_RECHECK, values)
    _looked_at(jobs)
    return dict(await found.fetchall())


def _looked_at(jobs: Jobs) -> Jobs:
    now = asyncio.get_running_loop().time()
    for job in jobs:
        job.looked_at = now
    return jobs


def release(job: Job) -> Release:
    """The entry as it is given back."""
    return Release(tenant_id=job.tenant_id, message_id=job.message_id, fence=job.fence)
