"""Whether a host's queue has work that no run looks after: what the bell asks every two seconds."""

from dataclasses import dataclass
from typing import Final

import psycopg

_SQL: Final = """
select
  (select count(*) from delivery_queuerun r
   where r.host = %(host)s and r.closed_at is null and r.heartbeat_at > now() - interval '20 seconds'),
  exists (
    select from delivery_lane l
    left join campaigns_campaign c on c.tenant_id = l.tenant_id and c.id = l.campaign_id
    left join delivery_site i on i.id = l.site_id
    cross join lateral (
      select from delivery_queueentry q
      where q.lane_id = l.id and q.run_id is null and q.next_attempt_at <= now() + interval '1 second'
      order by q.next_attempt_at, q.message_id limit 1) first
    where (l.not_before is null or l.not_before <= now()) and (l.campaign_id is null or c.state = 'sending')
      and exists (select from delivery_egresssource s where s.pool_id = l.pool_id and s.host = %(host)s)
      and not exists (select from delivery_policystate p
        where p.action = 'suspend' and p.ended_at is null and (p.until is null or p.until > now())
          and p.host = '' and p.domain in ('', l.sending_domain) and p.source_id is null
          and coalesce(p.pool_id, l.pool_id) = l.pool_id
          and coalesce(p.provider_id, i.provider_id) is not distinct from i.provider_id
          and coalesce(p.site_id, l.site_id) is not distinct from l.site_id
          and coalesce(p.stream, l.stream) = l.stream and coalesce(p.of_tenant, l.tenant_id) = l.tenant_id
          and coalesce(p.campaign_id, l.campaign_id) is not distinct from l.campaign_id))
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """What a host has."""

    #: Runs with a young heartbeat.
    runs: int
    work: bool


def due(database_url: str, host: str) -> Due:
    """Asked as relay_dispatch, over all tenants."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        row = connection.execute(_SQL, {"host": host}).fetchone()
    return Due(runs=row[0], work=row[1]) if row else Due(runs=0, work=False)
