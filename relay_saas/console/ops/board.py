"""What the operators' pages show, put together from delivery's selectors."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from django.utils import timezone
from django.utils.translation import gettext as _

from delivery.models import (
    EgressSource,
    HostTrait,
    PolicyAction,
    PolicyState,
    Provider,
    Site,
    SiteFeedback,
)
from delivery.selectors import operations
from delivery.selectors.operations import LaneRow
from delivery.selectors.policies import active_policies
from relay_saas.console.ops.target import Names

DAY: Final = timedelta(days=1)
MOST_DOUBTS: Final = 200
MOST_LANES: Final = 200
MOST_SITES: Final = 100
#: A run that was not heard of for so long is shown as silent (seconds).
SILENT: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyLine:
    """A policy in words."""

    policy: PolicyState
    what: str
    does: str

    @property
    def suspends(self) -> bool:
        """Whether nothing goes out there."""
        return self.policy.action == PolicyAction.SUSPEND


@dataclass(slots=True, kw_only=True)
class Backlog:
    """Sums over lanes."""

    waiting: int = 0
    due: int = 0
    leased: int = 0
    overdue_since: datetime | None = None

    def add(self, row: LaneRow) -> None:
        """One lane more."""
        self.waiting += row.waiting
        self.due += row.due
        self.leased += row.leased
        if row.overdue_since and (self.overdue_since is None or row.overdue_since < self.overdue_since):
            self.overdue_since = row.overdue_since

    @classmethod
    def of(cls, rows: Iterable[LaneRow]) -> "Backlog":
        """The sums of these."""
        total = cls()
        for row in rows:
            total.add(row)
        return total


@dataclass(slots=True, kw_only=True)
class ProviderLine:
    """A provider with its backlog, its connections and its brakes."""

    id: int
    name: str
    backlog: Backlog = field(default_factory=Backlog)
    connections: int = 0
    #: For one of our addresses.
    limit: int = 0
    suspended: PolicyLine | None = None
    slowed: PolicyLine | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """The first page."""

    backlog: Backlog
    lanes: list[LaneRow]
    providers: list[ProviderLine]
    policies: list[PolicyLine]
    runs: int
    silent_runs: int
    doubts: int
    #: Suspensions of everything and of whole streams.
    stopped: list[PolicyLine]


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteLine:
    """A site of a provider: what its servers have taught, by our address."""

    site: Site
    backlog: Backlog
    feedback: list[tuple[str, SiteFeedback]]
    traits: list[HostTrait]


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceLine:
    """One of our addresses."""

    source: EgressSource
    connections: int
    by_provider: list[tuple[str, int]]
    policies: list[PolicyLine]


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneLine:
    """A lane in words."""

    row: LaneRow
    provider: str
    site: str
    pool: str
    source: str
    gate: PolicyLine | None


def overview() -> Overview:
    """What waits, for whom, and what stands in its way."""
    rows = operations.lanes()
    policies = policy_lines(active_policies())
    runs = operations.open_runs()
    return Overview(
        backlog=Backlog.of(rows),
        lanes=rows,
        providers=provider_lines(rows, policies),
        policies=policies,
        runs=len(runs),
        silent_runs=sum(run.heartbeat_age > SILENT for run in runs),
        doubts=len(operations.doubts_since(timezone.now() - DAY, most=MOST_DOUBTS)),
        stopped=[
            line for line in policies if line.suspends and line.policy.scope.parts().keys() <= {"stream"}
        ],
    )


def policy_lines(policies: Iterable[PolicyState]) -> list[PolicyLine]:
    """Policies in words, in the same order."""
    found = list(policies)
    names = Names.of([one.scope for one in found])
    return [PolicyLine(policy=one, what=names.label(one.scope), does=_does(one)) for one in found]


def _does(policy: PolicyState) -> str:
    texts = {
        PolicyAction.SUSPEND: _("Suspended"),
        PolicyAction.CONNECTIONS: _("Connections at once: %(n)s"),
        PolicyAction.MESSAGES_PER_CONNECTION: _("Messages a connection: %(n)s"),
        PolicyAction.RATE_PER_MINUTE: _("Messages a minute: %(n)s"),
    }
    return texts[PolicyAction(policy.action)] % {"n": policy.value}


def provider_lines(rows: Iterable[LaneRow], policies: list[PolicyLine]) -> list[ProviderLine]:
    """Every provider with work, connections or a brake, most work first."""
    used: dict[int, int] = {}
    for (_source, provider_id), n in operations.permits_in_use().items():
        used[provider_id] = used.get(provider_id, 0) + n
    lines: dict[int, ProviderLine] = {}
    backlogs: dict[int, Backlog] = {}
    for row in rows:
        backlogs.setdefault(row.provider_id, Backlog()).add(row)
    braked = {line.policy.provider_id for line in policies} - {None}
    wanted = {number for number in backlogs.keys() | used.keys() | braked if number is not None}
    for provider in Provider.objects.filter(pk__in=wanted):
        lines[provider.pk] = ProviderLine(
            id=provider.pk,
            name=provider.name or _("Not looked up yet"),
            backlog=backlogs.get(provider.pk, Backlog()),
            connections=used.get(provider.pk, 0),
            limit=provider.max_connections,
            suspended=_brake(policies, provider.pk, suspends=True),
            slowed=_brake(policies, provider.pk, suspends=False),
        )
    return sorted(lines.values(), key=lambda line: (-line.backlog.waiting - line.backlog.leased, line.name))


def _brake(policies: list[PolicyLine], provider_id: int, *, suspends: bool) -> PolicyLine | None:
    """The newest brake on a whole provider, or on everything."""
    for line in policies:
        parts = line.policy.scope.parts()
        if line.suspends == suspends and parts in ({}, {"provider_id": provider_id}):
            return line
    return None


def site_lines(provider: Provider, rows: Iterable[LaneRow]) -> list[SiteLine]:
    """The sites of a provider, those with work first."""
    backlogs: dict[int, Backlog] = {}
    for row in rows:
        if row.site_id is not None:
            backlogs.setdefault(row.site_id, Backlog()).add(row)
    sites = list(Site.objects.filter(provider=provider).order_by("key")[:MOST_SITES])
    addresses = {source.pk: str(source.address) for source in operations.sources()}
    taught: dict[int, list[tuple[str, SiteFeedback]]] = {}
    for one in SiteFeedback.objects.filter(site_id__in=[site.pk for site in sites]).order_by("source_id"):
        taught.setdefault(one.site_id, []).append((addresses.get(one.source_id, "?"), one))
    hosts = {host for site in sites for host in site.key.split(",")}
    traits = list(HostTrait.objects.filter(host__in=hosts, until__gt=timezone.now()).order_by("host"))
    lines = [
        SiteLine(
            site=site,
            backlog=backlogs.get(site.pk, Backlog()),
            feedback=taught.get(site.pk, []),
            traits=[trait for trait in traits if trait.host in site.key.split(",")],
        )
        for site in sites
    ]
    return sorted(lines, key=lambda line: -line.backlog.waiting)


def source_lines() -> list[SourceLine]:
    """Our addresses by pool, each with its connections and its brakes."""
    permits = operations.permits_in_use()
    names = dict(Provider.objects.values_list("pk", "name"))
    policies = policy_lines(active_policies())
    return [
        SourceLine(
            source=source,
            connections=sum(n for (source_id, _p), n in permits.items() if source_id == source.pk),
            by_provider=sorted(
                (names.get(provider_id, "?"), n)
                for (source_id, provider_id), n in permits.items()
                if source_id == source.pk and n
            ),
            policies=[
                line
                for line in policies
                if line.policy.source_id == source.pk or line.policy.pool_id == source.pool_id
            ],
        )
        for source in operations.sources()
    ]


def lane_lines(rows: list[LaneRow]) -> list[LaneLine]:
    """Lanes in words, with the newest suspension that covers each."""
    providers = dict(Provider.objects.values_list("pk", "name"))
    sites = dict(Site.objects.filter(pk__in={row.site_id for row in rows}).values_list("pk", "key"))
    sources = {source.pk: source for source in operations.sources()}
    pools = {source.pool_id: source.pool.name for source in sources.values()}
    suspending = [line for line in policy_lines(active_policies()) if line.suspends]
    return [
        LaneLine(
            row=row,
            provider=providers.get(row.provider_id) or _("Not looked up yet"),
            site=sites.get(row.site_id or 0, ""),
            pool=pools.get(row.pool_id, str(row.pool_id)),
            source=str(sources[row.source_id].address) if row.source_id in sources else "",
            gate=next((line for line in suspending if row.within(line.policy.scope)), None),
        )
        for row in rows
    ]
