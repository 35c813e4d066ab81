"""What holds for one source at one site: shipped limits, an operator's override, and the policies of now."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Final, Protocol
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import dict_row

from delivery.engine.policy import Placed, Policies, Policy
from delivery.engine.rates import Bucket
from delivery.engine.shape import Limits, shaping
from delivery.models.policy import PolicyAction, Scope
from delivery.services.shaping import SETTINGS
from relay_saas.mail.shaping_rate import Rate

_OVERRIDES: Final = """
select provider_id, site_id, source_id, pool_id, of_tenant as tenant_id, setting, value
from delivery_shapingoverride order by id
"""


class Where(Protocol):
    """A source and a site: a channel."""

    @property
    def source_id(self) -> int:
        """The address that speaks."""

    @property
    def pool_id(self) -> int:
        """Its pool."""

    #: Where it speaks to, and whose servers those are.
    site_id: int
    provider_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """One setting for one scope."""

    provider_id: int | None
    site_id: int | None
    source_id: int | None
    pool_id: int | None
    tenant_id: UUID | None
    setting: str
    value: Any

    def covers(self, where: Where) -> bool:
        """Whether it is about this channel."""
        return (
            self.provider_id in {None, where.provider_id}
            and self.site_id in {None, where.site_id}
            and self.source_id in {None, where.source_id}
            and self.pool_id in {None, where.pool_id}
        )

    @property
    def weight(self) -> tuple[bool, bool, bool, bool]:
        """The closer ones come last: a site counts more than a source, that more than a provider."""
        parts = (self.site_id, self.source_id, self.provider_id, self.pool_id)
        return tuple(part is not None for part in parts)  # type: ignore[return-value]  # four parts


class Overrides:
    """All that operators have set."""

    def __init__(self, overrides: Iterable[Override] = ()) -> None:
        found = sorted(overrides, key=lambda one: one.weight)
        self._channels = [one for one in found if one.tenant_id is None]
        self._tenants = [one for one in found if one.tenant_id is not None]

    @classmethod
    async def load(cls, connection: AsyncConnection) -> "Overrides":
        """What PostgreSQL says now."""
        async with connection.cursor(row_factory=dict_row) as cursor:
            await cursor.execute(_OVERRIDES)
            rows = await cursor.fetchall()
        return cls(Override(**row | {"value": SETTINGS[row["setting"]](row["value"])}) for row in rows)

    def applied(self, limits: Limits, where: Where) -> Limits:
        """The limits with the closest override of each setting in its place."""
        changes = {one.setting: one.value for one in self._channels if one.covers(where)}
        return replace(limits, **changes) if changes else limits

    def of_tenant(self, lane: Placed, where: Where) -> Iterator[Bucket]:
        """The rates that are a tenant's own."""
        for one in self._tenants:
            if one.tenant_id == lane.tenant_id and one.setting == "messages_per_minute" and one.covers(where):
                yield Bucket(f"tenant:{one.tenant_id}:{one.weight}:{one.provider_id}", Rate(one.value))


class Standing:
    """What an installation may do now; read with the board."""

    def __init__(self, overrides: Overrides, policies: Policies) -> None:
        self.policies = policies
        self._overrides = overrides

    def limits(self, provider: str, where: Where) -> Limits:
        """What holds for every message of a channel; the tightest wins."""
        limits = self._overrides.applied(shaping().named(provider), where)
        for policy in self.policies:
            if policy.value is None or not _about_all(policy.scope, where):
                continue
            if policy.action == PolicyAction.CONNECTIONS and policy.value < limits.max_connections:
                limits = replace(limits, max_connections=policy.value)
            elif (
                policy.action == PolicyAction.MESSAGES_PER_CONNECTION
                and policy.value < limits.max_messages_per_connection
            ):
                limits = replace(limits, max_messages_per_connection=policy.value)
        return limits

    def suspends(self, where: Where) -> Policy | None:
        """What suspends a channel as a whole."""
        for policy in self.policies:
            if policy.action == PolicyAction.SUSPEND and _about_all(policy.scope, where):
                return policy
        return None

    def rates(self, limits: Limits, where: Where) -> list[Bucket]:
        """The rates of every message of a channel: the provider's for one source, and policies'."""
        found = [_of_policy(policy) for policy in self._slow(where) if _about_all(policy.scope, where)]
        if limits.messages_per_minute is not None:
            key = f"source:{where.source_id}:{where.provider_id}"
            found.append(Bucket(key, Rate(limits.messages_per_minute)))
        return found

    def lane_rates(self, lane: Placed, where: Where) -> list[Bucket]:
        """The rates of this lane's messages alone: of its tenant, stream, domain or campaign."""
        slow = [
            _of_policy(policy)
            for policy in self._slow(where)
            if not _about_all(policy.scope, where) and policy.covers(lane, where.source_id)
        ]
        return [*self._overrides.of_tenant(lane, where), *slow]

    def _slow(self, where: Where) -> Iterator[Policy]:
        for policy in self.policies:
            if policy.action == PolicyAction.RATE_PER_MINUTE and _place(policy.scope, where):
                yield policy


def _of_policy(policy: Policy) -> Bucket:
    return Bucket(f"policy:{policy.id}", Rate(policy.value or 1))


def _place(scope: Scope, where: Where) -> bool:
    return (
        not scope.host
        and scope.provider_id in {None, where.provider_id}
        and scope.site_id in {None, where.site_id}
        and scope.source_id in {None, where.source_id}
        and scope.pool_id in {None, where.pool_id}
    )


def _about_all(scope: Scope, where: Where) -> bool:
    """Whether it is about every message of a channel, whosever it is."""
    whose = (scope.tenant_id, scope.stream, scope.campaign_id)
    return not scope.domain and all(part is None for part in whose) and _place(scope, where)
