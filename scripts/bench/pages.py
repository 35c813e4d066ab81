"""The pages with a million contacts and ten million messages behind them: the slowest, the most queries."""

import json
import subprocess
import sys
import time
from typing import Final

from relay_saas.embedded.paths import PROJECT
from scripts.bench.session import Bench
from scripts.bench.stand import BenchFailed, Stand

#: Requests for each page and question.
REQUESTS: Final = 40
SLUG: Final = "large"
_MESSAGES_EACH: Final = 10
_SHOWN: Final = 12


def pages_row(bench: Bench) -> None:
    """Seeds, visits every page that takes GET, and keeps the worst."""
    contacts, messages = bench.audience, bench.audience * _MESSAGES_EACH
    began = time.monotonic()
    sizes = ["--slug", SLUG, "--contacts", str(contacts), "--messages", str(messages)]
    _run(bench.stand, "manage.py", "seed_large", *sizes)
    seeded = time.monotonic() - began
    told = json.loads(
        _run(
            bench.stand,
            *("-m", "scripts.bench.page_visits", json.dumps({"slug": SLUG, "requests": REQUESTS})),
        ).splitlines()[-1]
    )
    worst = sorted(told["pages"], key=lambda page: -page["p95_ms"])
    broken = [page["page"] for page in worst if max(page["statuses"]) >= 400]
    if broken:
        raise BenchFailed(f"not answered: {', '.join(broken)}")
    for page in worst[:_SHOWN]:
        _say(f"  {page['p95_ms']:7.1f} ms p95, {page['queries']:3d} queries  {page['page']}")
    most = max(told["pages"], key=lambda page: page["queries"])
    bench.figures |= {
        "pages.contacts": contacts,
        "pages.messages": messages,
        "pages.seed_seconds": seeded,
        "pages.visited": len(worst),
        "pages.requests_each": REQUESTS,
        "pages.p95_ms_worst": worst[0]["p95_ms"],
        "pages.p95_page_worst": worst[0]["page"],
        "pages.queries_worst": most["queries"],
        "pages.queries_page_worst": most["page"],
        "pages.left_out": ", ".join(told["left_out"]),
    }


def _run(stand: Stand, *arguments: str) -> str:
    ran = subprocess.run(
        [sys.executable, *arguments],
        cwd=PROJECT,
        env=dict(stand.environment),
        capture_output=True,
        text=True,
        check=False,
    )
    if ran.returncode != 0:
        raise BenchFailed(f"{arguments[0]} ended with {ran.returncode}:\n{ran.stdout}\n{ran.stderr}")
    return ran.stdout


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
