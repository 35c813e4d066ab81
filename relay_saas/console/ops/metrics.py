"""What Prometheus reads: the queue, the day's attempts, the brakes, the runs, from PostgreSQL alone."""

import time
from collections import Counter as Tally
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.core.cache import cache
from django.utils import timezone

from delivery.exceptions import TooSlow
from delivery.models import Provider
from delivery.models.stream import Stream
from delivery.selectors import operations
from delivery.selectors.policies import active_policies
from relay_saas.console.ops.exposition import Metric, Sample

#: Refusals are counted over so long.
LATELY: Final = timedelta(minutes=5)
DOUBT_WINDOW: Final = timedelta(days=1)
MOST_DOUBTS: Final = 1000
#: An answer is kept for so many times as long as it took to find: scrapes cost 2 % of a core at most.
_KEPT: Final = 50
_KEPT_SECONDS: Final = (5.0, 120.0)
_KEY: Final = "ops:metrics"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scrape:
    """The metrics as they were found, and how long it took (seconds)."""

    metrics: tuple[Metric, ...]
    took: float
    at: float


def scrape() -> Iterator[Metric]:
    """All metrics; asks again only when the last answer is old for what it cost."""
    found: Scrape | None = cache.get(_KEY)
    if found is None:
        found = _ask_all()
        low, high = _KEPT_SECONDS
        cache.set(_KEY, found, min(max(_KEPT * found.took, low), high))
    yield from found.metrics
    age = max(0.0, time.time() - found.at)
    yield _gauge("relay_scrape_age_seconds", "Age of these figures.", age)
    yield _gauge("relay_scrape_duration_seconds", "What it took to find them.", found.took)


def _ask_all() -> Scrape:
    began, wall = time.monotonic(), time.time()
    names = dict(Provider.objects.values_list("pk", "name"))
    found: list[Metric] = []
    failed: dict[str, float] = {}
    for part in (_queue, _attempts, _refused, _policies, _runs, _connections, _doubts):
        name = part.__name__.strip("_")
        failed[name] = 0
        try:
            with operations.patience():
                found += part(names)
        except TooSlow:
            failed[name] = 1
    samples = tuple(Sample(labels={"part": part}, value=value) for part, value in failed.items())
    text = "1 where the database did not answer in time and the metrics of this part are missing."
    found.append(Metric(name="relay_scrape_part_failed", help=text, samples=samples))
    return Scrape(metrics=tuple(found), took=time.monotonic() - began, at=wall)


Names = dict[int, str]
Part = Callable[[Names], list[Metric]]


def _provider(names: Names, provider_id: int) -> str:
    return names.get(provider_id) or "not looked up"


def _queue(names: Names) -> list[Metric]:
    now, rows = timezone.now(), operations.lanes()
    messages: Tally[tuple[str, str, str]] = Tally()
    oldest: dict[tuple[str, str], float] = {}
    for row in rows:
        place = _provider(names, row.provider_id), Stream(row.stream).name.lower()
        messages[(*place, "waiting")] += row.waiting - row.due
        messages[(*place, "due")] += row.due
        messages[(*place, "held")] += row.leased
        if row.overdue_since is not None:
            age = (now - row.overdue_since).total_seconds()
            oldest[place] = max(oldest.get(place, 0), age)
    return [
        Metric(
            name="relay_queue_messages",
            help="Open work: waiting for its time, due, or held by a queue run.",
            samples=tuple(
                Sample(labels={"provider": provider, "stream": stream, "state": state}, value=n)
                for (provider, stream, state), n in sorted(messages.items())
            ),
        ),
        Metric(
            name="relay_queue_oldest_due_seconds",
            help="How long the oldest due message is due.",
            samples=tuple(
                Sample(labels={"provider": provider, "stream": stream}, value=age)
                for (provider, stream), age in sorted(oldest.items())
            ),
        ),
        _gauge("relay_lanes", "Lanes with open work.", len(rows)),
    ]


def _attempts(names: Names) -> list[Metric]:
    samples = tuple(
        Sample(labels={"provider": _provider(names, provider), "state": state.name.lower()}, value=n)
        for (provider, state), n in sorted(operations.attempts_today().items())
    )
    text = "Attempts by their outcome, counted from midnight UTC."
    return [Metric(name="relay_attempts_total", help=text, samples=samples, kind="counter")]


def _refused(_names: Names) -> list[Metric]:
    samples = tuple(
        Sample(labels={"state": row.state.name.lower(), "class": row.category}, value=row.n)
        for row in operations.refused_since(timezone.now() - LATELY)
    )
    text = "Attempts of the last five minutes that were not delivered, by class."
    return [Metric(name="relay_refused_attempts", help=text, samples=samples)]


def _policies(_names: Names) -> list[Metric]:
    rows = Tally((one.action, "rule" if one.rule else "person") for one in active_policies())
    samples = tuple(
        Sample(labels={"action": action, "by": by}, value=n) for (action, by), n in sorted(rows.items())
    )
    text = "Suspensions and slow-downs that hold, set by a rule or by a person."
    return [Metric(name="relay_policies_active", help=text, samples=samples)]


def _runs(_names: Names) -> list[Metric]:
    alive: Tally[str] = Tally()
    ages: dict[str, float] = {}
    for run in operations.open_runs():
        alive[run.host] += 1
        ages[run.host] = max(ages.get(run.host, 0), run.heartbeat_age)
    return [
        Metric(
            name="relay_queue_runs",
            help="Queue runs whose lease is open.",
            samples=tuple(Sample(labels={"host": host}, value=n) for host, n in sorted(alive.items())),
        ),
        Metric(
            name="relay_heartbeat_age_seconds",
            help="The oldest heartbeat of a host's open runs.",
            samples=tuple(Sample(labels={"host": host}, value=age) for host, age in sorted(ages.items())),
        ),
    ]


def _connections(names: Names) -> list[Metric]:
    addresses = {source.pk: str(source.address) for source in operations.sources()}
    used = tuple(
        Sample(labels={"source": addresses.get(source, "?"), "provider": _provider(names, provider)}, value=n)
        for (source, provider), n in sorted(operations.permits_in_use().items())
    )
    limits = Provider.objects.exclude(pk=0).order_by("name").values_list("name", "max_connections")
    return [
        Metric(name="relay_permits", help="Connections that queue runs may hold now.", samples=used),
        Metric(
            name="relay_connection_limit",
            help="Connections that one of our addresses may hold at a provider.",
            samples=tuple(Sample(labels={"provider": name}, value=n) for name, n in limits),
        ),
    ]


def _doubts(_names: Names) -> list[Metric]:
    rows = operations.doubts_since(timezone.now() - DOUBT_WINDOW, most=MOST_DOUBTS)
    text = "Messages of the last day whose end nobody knows, at most 1,000."
    return [_gauge("relay_in_doubt_messages", text, len(rows))]


def _gauge(name: str, text: str, value: float) -> Metric:
    return Metric(name=name, help=text, samples=(Sample(value=value),))
