"""What receivers report about a sending domain, over a period: by day, by source, and the advice."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from django.db.models import Case, Count, F, Max, Q, Sum, Value, When
from django.utils import timezone

from accounts.models import SendingDomain
from accounts.tenancy import tenant_scope
from relay_saas.mail.dmarc_reports.advice import Advice, Figures, Standing, advise
from relay_saas.mail.dmarc_reports.sources import Origin
from tracking.models import DmarcDay, DmarcReport, DmarcSource

DAYS: Final = 30
MOST_SOURCES: Final = 100
_ORDER: Final = Case(
    When(origin=Origin.OURS.value, then=Value(0)),
    When(origin=Origin.KNOWN.value, then=Value(1)),
    default=Value(2),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceLine:
    """Mail from one address in the period."""

    source: str
    origin: Origin
    #: A service's name, `forwarded`, or "".
    name: str
    messages: int
    aligned: int
    dkim: int
    spf: int
    quarantined: int
    rejected: int

    @property
    def failing(self) -> int:
        """What a strict policy would stop."""
        return self.messages - self.aligned

    @property
    def stopped(self) -> int:
        """What receivers put into the spam folder or refused."""
        return self.quarantined + self.rejected


@dataclass(frozen=True, slots=True, kw_only=True)
class DayLine:
    """A day's mail by origin."""

    day: date
    figures: Mapping[Origin, Figures]

    @property
    def aligned(self) -> int:
        """What passed, over all origins."""
        return sum(one.aligned for one in self.figures.values())

    @property
    def failing(self) -> int:
        """What did not."""
        return sum(one.failing for one in self.figures.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class DmarcView:
    """A domain's reports of the last `days` days."""

    days: int
    lines: Sequence[DayLine]
    figures: Mapping[Origin, Figures]
    sources: Sequence[SourceLine]
    more_sources: bool
    reports: int
    reporters: Sequence[str]
    #: The policy in force, as receivers or DNS say; "" where there is none.
    policy: str
    advice: Advice

    @property
    def messages(self) -> int:
        """All mail."""
        return sum(one.messages for one in self.figures.values())


def dmarc_view(*, tenant_id: UUID, domain: SendingDomain, days: int = DAYS) -> DmarcView:
    """The figures of the last days. Four queries."""
    since = timezone.now().date() - timedelta(days=days - 1)
    with tenant_scope(tenant_id):
        lines = _lines(domain, since)
        sources = _sources(domain, since)
        reports = DmarcReport.objects.filter(domain=domain, begin__date__gte=since - timedelta(days=1))
        by_reporter = list(reports.values("org_name").annotate(n=Count("pk")).order_by("-n", "org_name"))
        newest = reports.order_by("-begin", "-pk").values_list("p", flat=True).first()
    figures = {
        origin: Figures(
            messages=sum(line.figures[origin].messages for line in lines if origin in line.figures),
            aligned=sum(line.figures[origin].aligned for line in lines if origin in line.figures),
        )
        for origin in Origin
    }
    policy = published_policy(domain) or newest or ""
    standing = Standing(policy=policy, days=len(lines), reporters=len(by_reporter), figures=figures)
    return DmarcView(
        days=days,
        lines=lines,
        figures=figures,
        sources=sources[:MOST_SOURCES],
        more_sources=len(sources) > MOST_SOURCES,
        reports=sum(row["n"] for row in by_reporter),
        reporters=[row["org_name"] for row in by_reporter],
        policy=policy,
        advice=advise(standing),
    )


def published_policy(domain: SendingDomain) -> str:
    """What DNS said at the last check; "" where it was not looked at, or there is none."""
    for record in domain.records:
        if record["purpose"] == "dmarc":
            for text in record["found"]:
                tags = [part.strip().lower().replace(" ", "") for part in text.split(";")]
                found = next((tag[2:] for tag in tags if tag.startswith("p=")), "")
                if "v=dmarc1" in tags and found:
                    return str(found)
    return ""


def _lines(domain: SendingDomain, since: date) -> list[DayLine]:
    by_day: dict[date, dict[Origin, Figures]] = {}
    for row in DmarcDay.objects.filter(domain_id=domain.pk, day__gte=since).order_by("day"):
        figures = Figures(messages=row.messages, aligned=row.aligned)
        by_day.setdefault(row.day, {})[Origin(row.origin)] = figures
    return [DayLine(day=day, figures=figures) for day, figures in by_day.items()]


def _sources(domain: SendingDomain, since: date) -> list[SourceLine]:
    passed = Q(dkim=True) | Q(spf=True)
    rows = (
        DmarcSource.objects.filter(domain_id=domain.pk, day__gte=since)
        .values("source", "origin")
        .annotate(
            service=Max("name"),
            messages=Sum("n"),
            aligned=Sum("n", filter=passed),
            dkim_n=Sum("n", filter=Q(dkim=True)),
            spf_n=Sum("n", filter=Q(spf=True)),
            quarantined=Sum("n", filter=Q(disposition="quarantine")),
            rejected=Sum("n", filter=Q(disposition="reject")),
        )
        .order_by(_ORDER, F("messages").desc(), "source")[: MOST_SOURCES + 1]
    )
    return [
        SourceLine(
            source=row["source"],
            origin=Origin(row["origin"]),
            name=row["service"],
            messages=row["messages"],
            aligned=row["aligned"] or 0,
            dkim=row["dkim_n"] or 0,
            spf=row["spf_n"] or 0,
            quarantined=row["quarantined"] or 0,
            rejected=row["rejected"] or 0,
        )
        for row in rows
    ]
