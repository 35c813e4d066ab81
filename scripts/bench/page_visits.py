"""`python -m scripts.bench.page_visits JSON`: asks for every page as its owner, and says how long each took.

It runs as relay_app, under the policies, through the whole stack of middleware, views and templates.
"""

import json
import random
import re
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

import django

django.setup()

from django.conf import settings  # noqa: E402 - models can be imported once Django is set up
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.urls import URLPattern, URLResolver, get_resolver, reverse  # noqa: E402

from accounts.models import User  # noqa: E402
from accounts.selectors.membership import memberships_of  # noqa: E402
from scripts.bench.page_questions import PARAMETERS, QUERIES, samples  # noqa: E402

_NEXT: Final = re.compile(r'rel="next" href="([^"]+)"')


@dataclass(slots=True, kw_only=True)
class Tally:
    """One page, with one question: milliseconds and queries of each request, and what was answered."""

    name: str
    ms: list[float] = field(default_factory=list)
    queries: list[int] = field(default_factory=list)
    statuses: set[int] = field(default_factory=set)

    def told(self) -> dict[str, Any]:
        """As the bench prints it."""
        ordered = sorted(self.ms)
        return {
            "page": self.name,
            "p50_ms": ordered[len(ordered) // 2],
            "p95_ms": ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))],
            "queries": max(self.queries),
            "statuses": sorted(self.statuses),
        }


def routes(
    patterns: Any = None, prefix: str = "", above: frozenset[str] = frozenset()
) -> Iterator[tuple[str, set[str]]]:
    """Every named route with its parameters, those of the routes above included."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        parameters = above | pattern.pattern.converters.keys()
        if isinstance(pattern, URLResolver):
            space = f"{pattern.namespace}:" if pattern.namespace else ""
            yield from routes(pattern.url_patterns, prefix + space, parameters)
        elif isinstance(pattern, URLPattern) and pattern.name:
            yield f"{prefix}{pattern.name}", set(parameters)


class Visitor:
    """One signed-in owner."""

    def __init__(self, slug: str) -> None:
        self.slug = slug
        host = urlsplit(settings.RELAY_BASE_URL).hostname or ""
        self.client = Client(headers={"Accept-Language": "en", "Host": host})
        owner = User.objects.get(email=f"owner@{slug}.test")
        # The operators' pages are looked at, too.
        User.objects.filter(pk=owner.pk).update(is_staff=True)
        self.client.force_login(owner)
        self.samples = samples(memberships_of(owner.pk)[0].tenant_id)
        self._asked = 0

    def _counted(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        self._asked += 1
        return execute(sql, params, many, context)

    def get(self, tally: Tally, path: str) -> str:
        """Asks once and notes it; returns the page."""
        self._asked = 0
        began = time.perf_counter()
        with connection.execute_wrapper(self._counted):
            response = self.client.get(path)
        tally.ms.append(1000 * (time.perf_counter() - began))
        tally.queries.append(self._asked)
        tally.statuses.add(response.status_code)
        return "" if getattr(response, "streaming", False) else response.content.decode(errors="replace")

    def one(self, kind: str) -> str:
        """Any sample of that kind."""
        return random.choice(self.samples[kind])

    def fill(self, query: dict[str, str]) -> str:
        """The question with samples in the place of names."""
        chosen = {kind: self.one(kind) for kind, found in self.samples.items() if found}
        return urlencode({key: value.format(**chosen) for key, value in query.items()})

    def path(self, name: str, parameters: set[str]) -> str:
        """An address of that route."""
        values = {one: self.one(PARAMETERS[one]) for one in parameters - {"tenant_slug"}}
        own = {"tenant_slug": self.slug} if "tenant_slug" in parameters else {}
        return reverse(name, kwargs=own | values)


def visit(visitor: Visitor, name: str, parameters: set[str], requests: int) -> list[Tally]:
    """A route as it stands, with each of its questions, and the pages behind them."""
    tallies = []
    for query in ({}, *QUERIES.get(name, ())):
        label = " ".join([name, *(f"{key}={value}" for key, value in query.items())])
        tally, behind = Tally(name=label), Tally(name=f"{label} (next page)")
        for _ in range(requests):
            address = visitor.path(name, parameters)
            page = visitor.get(tally, f"{address}?{visitor.fill(query)}" if query else address)
            following = _NEXT.search(page)
            if following:
                visitor.get(behind, address + following[1].replace("&amp;", "&"))
        tallies += [tally, behind] if behind.ms else [tally]
    return tallies


def run(*, slug: str, requests: int) -> dict[str, Any]:
    """Visits all; routes that take no GET are left out, those without a sample are named."""
    visitor = Visitor(slug)
    told: list[dict[str, Any]] = []
    left_out: list[str] = []
    for name, parameters in routes():
        if "tenant_slug" not in parameters and not name.startswith("ops:"):
            continue
        wanted = parameters - {"tenant_slug"}
        if wanted - PARAMETERS.keys() or any(not visitor.samples[PARAMETERS[one]] for one in wanted):
            left_out.append(name)
            continue
        first = Tally(name=name)
        visitor.get(first, visitor.path(name, parameters))
        if 405 not in first.statuses and (max(first.statuses) < 400 or "tenant_slug" in parameters):
            told += [tally.told() for tally in visit(visitor, name, parameters, requests)]
    return {"pages": told, "left_out": left_out}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(run(**json.loads(sys.argv[1]))) + "\n")
