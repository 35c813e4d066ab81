"""What became of a campaign and its repeats, person by person: whom a further repeat still has to reach."""

from typing import Final

from delivery.models import AttemptState

_OPEN: Final = ", ".join(str(int(state)) for state in sorted(AttemptState.open_states()))

#: One row a person: the best outcome of all copies. A copy's last attempt is its state; without one it waits.
OUTCOMES: Final = f"""
select copy.contact_id, case
    when bool_or(copy.state = {int(AttemptState.DELIVERED)}) then 'received'
    when bool_or(copy.state is null or copy.state in ({_OPEN})) then 'waiting'
    when bool_or(copy.state = {int(AttemptState.IN_DOUBT)}) then 'in_doubt'
    else 'missed' end as outcome
from campaigns_campaign k
cross join lateral (
  select m.contact_id, last.state from delivery_message m
  left join (
    select distinct on (a.message_id) a.message_id, a.state from delivery_attempt a
    where a.tenant_id = k.tenant_id and a.message_id >= uuid7_floor(k.launched_at)
      and a.message_id < uuid7_floor(k.launched_at + interval '1 millisecond')
    order by a.message_id, a.number desc
  ) last on last.message_id = m.id
  where m.tenant_id = k.tenant_id and m.campaign_id = k.id and m.id >= uuid7_floor(k.launched_at)
    and m.id < uuid7_floor(k.launched_at + interval '1 millisecond')
) copy
where k.tenant_id = %(tenant)s and k.launched_at is not null and k.id <> %(campaign)s
  and (k.id = %(repeat_of)s or k.repeat_of_id = %(repeat_of)s)
group by 1
"""  # noqa: S608 - numbers of our own enumeration
