"""The policies as a queue run sees them: what a lane may not do now, read with the board and never cached."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Protocol
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import dict_row

from delivery.models.policy import DOMAIN_DRIFT, PolicyAction, Scope

_ACTIVE: Final = """
select id, provider_id, site_id, host, source_id, pool_id, stream, of_tenant as tenant_id, domain,
  campaign_id, action, value, rule, reason, until
from delivery_policystate where ended_at is null and (until is null or until > now()) order by id
"""

#: The same scope, action and rule is not set twice: its end moves out and its value to the tighter one.
_RAISE: Final = """
with held as (
  update delivery_policystate p set until = greatest(p.until, now() + %(seconds)s * interval '1 second'),
    value = least(p.value, %(value)s), evidence = %(evidence)s
  where p.ended_at is null and p.until > now() and p.rule = %(rule)s and p.action = %(action)s
    and (p.provider_id, p.site_id, p.host, p.source_id, p.pool_id, p.stream, p.of_tenant, p.domain,
      p.campaign_id) is not distinct from (%(provider_id)s::int, %(site_id)s::bigint, %(host)s::text,
      %(source_id)s::bigint, %(pool_id)s::bigint, %(stream)s::smallint, %(tenant_id)s::uuid,
      %(domain)s::text, %(campaign_id)s::bigint)
  returning p.id
), made as (
  insert into delivery_policystate (provider_id, site_id, host, source_id, pool_id, stream, of_tenant, domain,
    campaign_id, action, value, rule, evidence, reason, set_by, until, ended_by)
  select %(provider_id)s, %(site_id)s, %(host)s, %(source_id)s, %(pool_id)s, %(stream)s, %(tenant_id)s,
    %(domain)s, %(campaign_id)s, %(action)s, %(value)s, %(rule)s, %(evidence)s, %(reason)s, %(set_by)s,
    now() + %(seconds)s * interval '1 second', ''
  where not exists (select from held) returning id
)
select id from held union all select id from made limit 1
"""


class Placed(Protocol):
    """What a policy is compared with: a lane."""

    @property
    def tenant_id(self) -> UUID:
        """Whose mail."""

    @property
    def pool_id(self) -> int:
        """The pool that serves it."""

    @property
    def source_id(self) -> int | None:
        """The source that alone serves it."""

    @property
    def site_id(self) -> int:
        """Where it goes."""

    @property
    def provider_id(self) -> int:
        """Whose servers take it."""

    @property
    def stream(self) -> int:
        """Its stream."""

    @property
    def campaign_id(self) -> int | None:
        """Its campaign."""

    @property
    def sending_domain(self) -> str:
        """The domain that its mail is sent from; "" where that may be several."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """One that holds now."""

    id: int
    scope: Scope
    action: PolicyAction
    value: int | None
    rule: str
    reason: str
    until: datetime | None

    def covers(self, lane: Placed, source_id: int | None) -> bool:
        """Whether it is about this lane, served by this source; about one server it is never a lane's."""
        scope = self.scope
        return (
            not scope.host
            and scope.provider_id in {None, lane.provider_id}
            and scope.site_id in {None, lane.site_id}
            and scope.pool_id in {None, lane.pool_id}
            and scope.source_id in {None, source_id}
            and scope.stream in {None, lane.stream}
            and scope.tenant_id in {None, lane.tenant_id}
            and scope.campaign_id in {None, lane.campaign_id}
            and (scope.domain in {"", lane.sending_domain} or self._one_of_several(lane))
        )

    def _one_of_several(self, lane: Placed) -> bool:
        """A lane without a campaign mixes its tenant's domains: what names one of them holds it all.

        But for a paused domain: its mail is brought to lanes of its own (delivery/services/domain_gates.py).
        """
        mixed = not lane.sending_domain and self.scope.tenant_id == lane.tenant_id
        return mixed and self.rule != DOMAIN_DRIFT


class Policies:
    """All that hold at one moment: few, so that each question walks them."""

    def __init__(self, policies: Iterable[Policy] = ()) -> None:
        self._all = tuple(policies)

    def __iter__(self) -> Iterator[Policy]:
        return iter(self._all)

    @classmethod
    async def load(cls, connection: AsyncConnection) -> "Policies":
        """What PostgreSQL says now, by its own clock."""
        async with connection.cursor(row_factory=dict_row) as cursor:
            await cursor.execute(_ACTIVE)
            return cls([_policy(row) for row in await cursor.fetchall()])

    def blocks(self, lane: Placed, source_id: int | None = None) -> Policy | None:
        """What suspends this lane (on that source, else on its own), if anything does."""
        served_by = source_id if source_id is not None else lane.source_id
        for policy in self._all:
            if policy.action == PolicyAction.SUSPEND and policy.covers(lane, served_by):
                return policy
        return None

    def blocks_host(self, *, provider_id: int, site_id: int, source_id: int, host: str) -> Policy | None:
        """What suspends one server of a site."""
        for policy in self._all:
            scope = policy.scope
            if (
                policy.action == PolicyAction.SUSPEND
                and scope.host == host
                and scope.provider_id in {None, provider_id}
                and scope.site_id in {None, site_id}
                and scope.source_id in {None, source_id}
            ):
                return policy
        return None


async def raise_policy(
    connection: AsyncConnection,
    *,
    scope: Scope,
    action: PolicyAction = PolicyAction.SUSPEND,
    lasts: timedelta,
    reason: str,
    value: int | None = None,
    rule: str = "",
    evidence: str = "",
    set_by: str = "engine",
) -> int:
    """Sets a policy that ends by itself, or prolongs the one that says the same; returns its number."""
    values = {name: getattr(scope, name) for name in Scope.__dataclass_fields__}
    row = await (
        await connection.execute(
            _RAISE,
            values
            | {
                "action": str(action),
                "value": value,
                "rule": rule,
                "evidence": evidence[:1000],
                "reason": reason,
                "set_by": set_by,
                "seconds": lasts.total_seconds(),
            },
        )
    ).fetchone()
    if row is None:
        raise LookupError(rule)
    return int(row[0])


def _policy(row: dict[str, Any]) -> Policy:
    scope = Scope(**{name: row.pop(name) for name in Scope.__dataclass_fields__})
    return Policy(scope=scope, action=PolicyAction(row.pop("action")), **row)
