"""Takes mail out of the queue before it is sent: the recipient opted out, or the address must not be
mailed."""

from typing import Any
from uuid import UUID

from django.db import connection

from delivery.models import AttemptState

#: Entries that no run holds; a leased one is looked up once more before its DATA.
_QUEUED = """
select q.message_id, q.attempts, q.campaign_id, q.dated_at
from delivery_message m
join delivery_queueentry q on q.tenant_id = m.tenant_id and q.message_id = m.id and q.run_id is null
join campaigns_content c on c.tenant_id = m.tenant_id and c.id = m.content_id
where m.tenant_id = %(tenant)s and m.rcpt_key = %(key)s
  and (%(list)s::bigint is null and m.stream = 2 or c.mailing_list_id = %(list)s)
for update of q skip locked
"""

_CLOSE = f"""
with stopped as materialized ({_QUEUED}), gone as (
  delete from delivery_queueentry q using stopped s
  where q.tenant_id = %(tenant)s and q.message_id = s.message_id
), written as (
  insert into delivery_attempt (tenant_id, message_id, number, campaign_id, state, category, dated_at)
  select %(tenant)s, message_id, attempts + 1, campaign_id, %(state)s, %(reason)s, dated_at from stopped
), counted as (
  insert into delivery_counter as c (tenant_id, campaign_id, state, shard, n)
  select %(tenant)s, coalesce(campaign_id, 0), %(state)s, 0, count(*) from stopped group by 2 order by 2
  on conflict (tenant_id, campaign_id, state, shard) do update set n = c.n + excluded.n
)
select count(*) from stopped
"""  # noqa: S608 (both parts are constants of this module)


def suppress_queued(*, tenant_id: UUID, email_key: str, mailing_list_id: int | None) -> int:
    """Ends this person's queued mail of one list, or all their queued marketing where the list is None.

    Runs in the caller's transaction and scope; returns the number of messages taken out. A message that a
    run holds
    is stopped by the run's own last look.
    """
    values: dict[str, Any] = {
        "tenant": tenant_id,
        "key": email_key,
        "list": mailing_list_id,
        "state": AttemptState.SUPPRESSED,
        "reason": "unsubscribed",
    }
    with connection.cursor() as cursor:
        cursor.execute(_CLOSE, values)
        row = cursor.fetchone()
    return int(row[0]) if row else 0
