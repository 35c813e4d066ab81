"""Suppresses addresses that bounced as often as their class allows, for queue runs and late bounces."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from relay_saas.mail.bounces import EFFECTS, Category

#: This failure's attempt is written already. Where bounces are not believed nobody is suppressed.
#: The site is that of the recipient's domain; an address of a vanished message has none.
STRIKE: Final = """
insert into campaigns_suppression (tenant_id, email_key, scope, reason, detail, message_id, rule, site_id,
  provisional_until, created_at)
select distinct on (g.tenant_id, g.email_key)
  g.tenant_id, g.email_key, 'all', 'bounced', g.detail, g.message_id, g.rule, d.site_id,
  case when g.hours > 0 then now() + g.hours * interval '1 hour' end, now()
from unnest(%(tenants)s::uuid[], %(keys)s::text[], %(messages)s::uuid[], %(categories)s::text[],
  %(rules)s::text[], %(details)s::text[], %(strikes)s::int[], %(days)s::int[], %(hours)s::int[])
  g(tenant_id, email_key, message_id, category, rule, detail, strikes, days, hours)
left join delivery_message w on w.tenant_id = g.tenant_id and w.id = g.message_id
left join delivery_domain d on d.id = w.domain_id
where (g.strikes <= 1 or g.strikes <= (
  select count(*) from delivery_message m
  join delivery_attempt a on a.tenant_id = m.tenant_id and a.message_id = m.id
  where m.tenant_id = g.tenant_id and m.rcpt_key = g.email_key and a.state = 3 and a.category = g.category
    and (g.days is null or a.at > now() - g.days * interval '1 day')))
and not exists (select from delivery_suppressionhold h join delivery_site s on s.provider_id = h.provider_id
  where s.id = d.site_id and h.ended_at is null and h.until > now())
order by g.tenant_id, g.email_key
on conflict (tenant_id, email_key, scope) do nothing
"""

_DETAIL: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Strike:
    """A final bounce of one address."""

    tenant_id: UUID
    email_key: str
    message_id: UUID
    category: Category
    rule: str
    #: The server's words.
    reply: str
    #: How many of this class suppress the address, within how many days (None: ever).
    strikes: int
    within_days: int | None


def strike_parameters(strikes: Iterable[Strike]) -> dict[str, Any]:
    """The parameters of STRIKE."""
    given = list(strikes)
    return {
        "tenants": [one.tenant_id for one in given],
        "keys": [one.email_key for one in given],
        "messages": [one.message_id for one in given],
        "categories": [str(one.category) for one in given],
        "rules": [one.rule for one in given],
        "details": [f"{one.rule}: {one.reply}"[:_DETAIL] for one in given],
        "strikes": [one.strikes for one in given],
        "days": [one.within_days for one in given],
        "hours": [EFFECTS[one.category].provisional_hours for one in given],
    }
