"""The row `webhooks`: events that are there already, to a receiver on this machine, by one worker."""

import json
import sys
import time
from pathlib import Path
from typing import Final

from relay_saas.embedded import probes
from relay_saas.embedded.processes import table
from relay_saas.embedded.supervisor import Program
from scripts.bench.cost import Meter
from scripts.bench.report import Line
from scripts.bench.session import Bench
from scripts.bench.stand import READY_SECONDS, BenchFailed, Stand
from scripts.product_run.product import free_ports

#: The worker of webhooks, what rings for it, and the clock.
_WORKING: Final = ("webhooks", "tasks", "beat")
_SETTINGS: Final = {"RELAY_WEBHOOK_NETWORKS": "127.0.0.0/8", "RELAY_WEBHOOK_PORTS": "1-65535"}
_SECONDS: Final = 300.0
_LEFT: Final = """
select (select count(*) from tracking_webhookcall where endpoint_id = %(endpoint)s and state = 'delivered'),
  (select count(*) from tracking_webhookattempt a join tracking_webhookcall c on c.tenant_id = a.tenant_id
    and c.id = a.call_id where c.endpoint_id = %(endpoint)s)
"""


def webhooks_row(bench: Bench) -> None:
    """One call an event, signed, each with its attempt written down."""
    stand, port = bench.stand, free_ports().web
    seen_at = stand.supervisor.data.root / "hooks.json"
    environment = {**stand.environment, **_SETTINGS}
    argv = (sys.executable, "-m", "scripts.bench.hook_sink", str(port), str(seen_at))
    sink = stand.supervisor.spawn(Program(name="hook sink", argv=argv, environment=environment, stage=2))
    stand.supervisor.await_ready(sink, probes.at_once, seconds=READY_SECONDS)
    url = f"http://127.0.0.1:{port}/hook"
    told = stand.stage("webhook", tenant=bench.who["tenant"], url=url, count=bench.count)
    rows = [
        row for row in table(stand.supervisor.data, stand.ports, environment) if row.program.name in _WORKING
    ]
    children = [stand.supervisor.spawn(row.program) for row in rows]
    groups = {child.program.name: [child.record.pid] for child in children}
    try:
        meter = Meter(groups | {"sink": [sink.record.pid]})
        _await(stand, int(told["endpoint"]), bench.count)
        spent = meter.spent()
    finally:
        stand.stop(*children)
    stand.stop(sink)
    _tell(bench, seen_at, spent)


def _await(stand: Stand, endpoint: int, count: int) -> None:
    until = time.monotonic() + _SECONDS
    while time.monotonic() < until:
        row = stand.owner.execute(_LEFT, {"endpoint": endpoint}).fetchone()
        if row is not None and row[0] == count:
            if row[1] != count:
                raise BenchFailed(f"{row[1]} attempts were written down for {count} calls")
            return
        time.sleep(0.5)
    raise BenchFailed(f"not all of {count} calls were made within {_SECONDS:.0f} s")


def _tell(bench: Bench, seen_at: Path, spent: dict[str, float]) -> None:
    seen = json.loads(seen_at.read_text(encoding="utf-8"))
    if seen["ids"] != bench.count:
        raise BenchFailed(f"the receiver saw {seen['ids']} ids of {bench.count} events")
    rate = seen["calls"] / seen["seconds"]
    cpu_ms = 1000 * spent["webhooks"] / bench.count
    bench.lines.append(Line(name="webhooks, one worker", count=bench.count, rate=rate, cpu_ms=cpu_ms))
    bench.figures |= {
        "webhooks.calls": seen["calls"],
        "webhooks.calls_per_second": rate,
        "webhooks.worker_cpu_ms_per_call": cpu_ms,
        "webhooks.sink_cpu_ms_per_call": 1000 * spent["sink"] / bench.count,
    }
