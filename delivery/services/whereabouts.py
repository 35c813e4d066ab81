"""Where mail of one stream waits, and what stands against its recipients: one question for all of it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from accounts.services.dns_records import egress_sources
from accounts.statements import ask
from campaigns.models import Suppression
from delivery.models.stream import Stream
from delivery.services.sources import pool_id_for

_DOMAINS: Final = """
insert into delivery_domain (name, state) select name, 'unresolved' from unnest(%s::text[]) name
order by name on conflict (name) do nothing
"""
_LANES: Final = """
insert into delivery_lane (tenant_id, pool_id, site_id, stream)
select %(tenant)s, %(pool)s, site, %(stream)s from unnest(%(sites)s::bigint[]) site on conflict do nothing
"""
#: The pool is the tenant's own, the stream's, else the shared one (services.sources.pool_id_for).
_READ: Final = """
with pool as materialized (
  select coalesce((select a.pool_id from delivery_poolassignment a
    where (a.of_tenant = %(tenant)s or a.of_tenant is null) and (a.stream = %(stream)s or a.stream is null)
    order by a.of_tenant nulls last, a.stream nulls last limit 1),
    (select id from delivery_egresspool where name = %(shared)s)) as id
), named as materialized (
  select name, id, site_id from delivery_domain where name = any(%(names)s)
)
select (select id from pool),
  (select json_agg(json_build_array(name, id, site_id)) from named),
  (select json_agg(json_build_array(email_key, scope, reason)) from campaigns_suppression
    where tenant_id = %(tenant)s and email_key = any(%(keys)s)),
  (select json_agg(json_build_array(l.site_id, l.id)) from pool join delivery_lane l on l.pool_id = pool.id
    where l.tenant_id = %(tenant)s and l.source_id is null and l.stream = %(stream)s
      and l.campaign_id is null and l.sending_domain = ''
      and (l.site_id is null or l.site_id in (select site_id from named)))
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a recipient domain's mail waits."""

    domain_id: int
    site_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Whereabouts:
    """The answer."""

    #: Whose addresses it goes from.
    pool_id: int
    places: Mapping[str, Place]
    #: By address key and scope.
    reasons: Mapping[tuple[str, str], str]
    lanes: Mapping[int | None, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """The question."""

    tenant_id: UUID
    stream: Stream
    names: Collection[str]
    keys: Collection[str]


def find(*, tenant_id: UUID, stream: Stream, names: Collection[str], keys: Collection[str]) -> Whereabouts:
    """Makes the domains and lanes that are not there yet; in the caller's scope. Raises NoEgress."""
    asked = _Asked(tenant_id=tenant_id, stream=stream, names=names, keys=keys)
    pool_id, found = _read(asked)
    if pool_id is None:
        # Made on first use; or there is none at all.
        pool_id_for(tenant_id=tenant_id, stream=stream)
        pool_id, found = _read(asked)
    sites = {place.site_id for place in found.places.values()}
    if set(names) <= found.places.keys() and sites <= found.lanes.keys():
        return found
    ask(_DOMAINS, [sorted(set(names) - found.places.keys())])
    _, found = _read(asked)
    sites = {place.site_id for place in found.places.values()}
    ask(_LANES, {"tenant": tenant_id, "pool": pool_id, "stream": stream.value, "sites": list(sites)})
    return _read(asked)[1]


def _read(asked: _Asked) -> tuple[int | None, Whereabouts]:
    values: dict[str, Any] = {
        "tenant": asked.tenant_id,
        "stream": asked.stream.value,
        "shared": next((egress.pool for egress in egress_sources()), ""),
        "names": sorted(asked.names),
        "keys": sorted(asked.keys),
    }
    ((pool_id, *lists),) = ask(_READ, values)
    named, suppressed, lanes = (one or [] for one in lists)
    return pool_id, Whereabouts(
        pool_id=pool_id or 0,
        places={name: Place(domain_id=pk, site_id=site) for name, pk, site in named},
        reasons={(key, scope): reason for key, scope, reason in suppressed},
        lanes=dict(lanes),
    )


def reason_against(found: Whereabouts, key: str, stream: Stream) -> str:
    """Why this address gets nothing of the stream; "" where nothing stands against it.

    An undeliverable address is so for every stream.
    """
    scopes = [Suppression.Scope.ALL]
    if stream is Stream.MARKETING:
        scopes.append(Suppression.Scope.MARKETING)
    return next((found.reasons[key, scope] for scope in scopes if (key, scope) in found.reasons), "")
