"""Holds the mail of a sending domain whose DNS records broke, and lets it go when it is mended
(docs/adr/0019-drift.md).

A campaign has one domain, and its lanes are held by that. What the API and SMTP accepted shares lanes with
the tenant's other domains: it is brought to lanes of its own first, so that those go on and no claim has to
look at single messages.
"""

from typing import Any, Final
from uuid import UUID

from django.db import connection

from accounts.tenancy import tenant_scope
from delivery.models import Scope
from delivery.models.policy import DOMAIN_DRIFT
from delivery.selectors.policies import active_policies
from delivery.services.policy import lift, suspend

_BATCH: Final = 2000
#: Entries without a campaign that nobody holds, in lanes of several domains. `offset 0` makes the ledger be
#: asked by its whole key, row by row.
_MIXED: Final = """
delivery_lane l
join delivery_queueentry q on q.tenant_id = l.tenant_id and q.lane_id = l.id and q.run_id is null
cross join lateral (select w.sending_domain_id from delivery_message m join campaigns_content w
  on w.tenant_id = m.tenant_id and w.id = m.content_id
  where m.tenant_id = q.tenant_id and m.id = q.message_id offset 0) w
join accounts_sendingdomain d on d.tenant_id = l.tenant_id and d.id = w.sending_domain_id
"""
_WHERE: Final = """
l.tenant_id = %(tenant)s and l.campaign_id is null and l.sending_domain = '' and d.name = %(domain)s
"""
_LANES: Final = f"""
insert into delivery_lane (tenant_id, pool_id, source_id, site_id, stream, sending_domain)
select distinct l.tenant_id, l.pool_id, l.source_id, l.site_id, l.stream, d.name from {_MIXED}
where {_WHERE} order by 1, 2, 3, 4, 5 on conflict do nothing
"""  # noqa: S608 - our own words
_MOVE: Final = f"""
with chosen as materialized (
  select q.tenant_id, q.message_id, t.id as lane_id from {_MIXED}
  join delivery_lane t on t.tenant_id = l.tenant_id and t.pool_id = l.pool_id
    and t.source_id is not distinct from l.source_id and t.site_id is not distinct from l.site_id
    and t.stream = l.stream and t.campaign_id is null and t.sending_domain = d.name
  where {_WHERE} limit %(limit)s for no key update of q skip locked
)
update delivery_queueentry q set lane_id = c.lane_id from chosen c
where q.tenant_id = c.tenant_id and q.message_id = c.message_id
"""  # noqa: S608 - our own words

Gate = tuple[UUID, str, int | None]


def keep_domain_gates() -> tuple[int, int]:
    """How many domains are held from now on, and how many go on; nothing where all is as it should be."""
    with connection.cursor() as cursor:
        cursor.execute("select tenant_id, domain from domain_gates_wanted()")
        wanted: set[Gate] = {(tenant_id, domain, None) for tenant_id, domain in cursor.fetchall()}
    held = {
        (policy.tenant_id, policy.domain, policy.campaign_id): policy.pk
        for policy in active_policies().filter(rule=DOMAIN_DRIFT)
    }
    fresh = wanted - held.keys()
    for tenant_id, domain, _ in fresh:
        scope = Scope(tenant_id=tenant_id, domain=domain)
        suspend(scope=scope, reason=f"the DNS records of {domain} broke", set_by="engine", rule=DOMAIN_DRIFT)
    for tenant_id, domain, _ in wanted:
        # Each time: what was leased then, or accepted in the same moment, is back by now.
        set_apart(tenant_id, domain)
    over = [number for gate, number in held.items() if gate not in wanted]
    for number in over:
        lift(policy_id=number, by="engine")
    return len(fresh), len(over)


def set_apart(tenant_id: UUID, domain: str) -> int:
    """Brings what waits without a campaign, and leaves from this domain, to lanes that hold nothing else.

    It stays there, whatever comes of it, and goes out of them once the domain may send again.
    """
    values: dict[str, Any] = {"tenant": tenant_id, "domain": domain, "limit": _BATCH}
    moved, found = 0, _BATCH
    with tenant_scope(tenant_id), connection.cursor() as cursor:
        cursor.execute(_LANES, values)
    while found == _BATCH:
        with tenant_scope(tenant_id), connection.cursor() as cursor:
            cursor.execute(_MOVE, values)
            found = cursor.rowcount
            moved += found
    return moved
