"""Whether what the relay stands on works: database, Valkey, workers, queues, jobs, disk, clock."""

import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.timesince import timesince
from django.utils.translation import gettext as _

from accounts.selectors.all_jobs import all_jobs
from delivery.exceptions import TooSlow
from delivery.selectors import operations
from relay_saas.celery import app
from relay_saas.console.ops import board

Kind = Literal["ok", "warning", "danger"]

#: An answer that takes longer is slow (milliseconds).
SLOW_MS: Final = 250
#: Our clock and the database's may differ by so much (seconds).
CLOCK: Final = 1.0
#: Free space of the data folder in percent.
DISK_WARN: Final = 15
DISK_LEAST: Final = 5
#: Share of the database's connections in use.
CONNECTIONS_WARN: Final = 0.8
#: So many tasks may wait for a worker; so long may something be due, or a job wait.
TASKS_WARN: Final = 1000
DUE_WARN: Final = timedelta(minutes=10)
JOB_WARN: Final = timedelta(minutes=2)
_TIMEOUT: Final = 2.0
_DATABASE = """
select current_setting('server_version'), pg_database_size(current_database()),
  (select count(*) from pg_stat_activity where datname = current_database()),
  current_setting('max_connections')::int, clock_timestamp()
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that must work: what it is, how it stands, and the figures."""

    name: str
    kind: Kind
    words: str
    facts: tuple[str, ...] = ()
    #: What to do about it.
    advice: str = ""


def checks() -> list[Check]:
    """All of them; one that fails takes no other away."""
    return [found for part in (_database, _valkey, _runs, _queue, _jobs, _disk) for found in _asked(part)]


def worst(*names: str) -> Kind:
    """How the worst of these parts stands: database, valkey, runs, queue, jobs."""
    parts = {"database": _database, "valkey": _valkey, "runs": _runs, "queue": _queue, "jobs": _jobs}
    order: tuple[Kind, ...] = ("ok", "warning", "danger")
    found = [check.kind for name in names for check in _asked(parts[name])]
    return max(found, key=order.index, default="ok")


def _asked(part: Callable[[], Iterator[Check]]) -> list[Check]:
    names = {
        _database: _("Database"),
        _valkey: _("Valkey"),
        _runs: _("Queue runs"),
        _queue: _("Queue"),
        _jobs: _("Jobs"),
        _disk: _("Disk"),
    }
    try:
        return list(part())
    except (DatabaseError, TooSlow, redis.RedisError, OSError) as error:
        return [
            Check(
                name=names[part],
                kind="danger",
                words=_("does not answer"),
                facts=(type(error).__name__,),
                advice=_("Look into its log, then start it again."),
            )
        ]


def _database() -> Iterator[Check]:
    began = time.monotonic()
    with connection.cursor() as cursor:
        cursor.execute(_DATABASE)
        version, size, used, most, now = cursor.fetchone()
    took = 1000 * (time.monotonic() - began)
    crowded = used > CONNECTIONS_WARN * most
    slow = took > SLOW_MS
    yield Check(
        name=_("Database"),
        kind="warning" if slow or crowded else "ok",
        words=_("slow") if slow else _("nearly out of connections") if crowded else _("works"),
        facts=(
            f"PostgreSQL {version}",
            _("%(n)s MB") % {"n": _number(size // 2**20)},
            _("%(used)s of %(most)s connections") % {"used": _number(used), "most": _number(most)},
            _("answered in %(n)s ms") % {"n": _number(round(took))},
        ),
        advice=_("Raise max_connections, or put a pooler in front.") if crowded else "",
    )
    yield _clock(now)


def _clock(theirs: datetime) -> Check:
    apart = abs((timezone.now() - theirs).total_seconds())
    return Check(
        name=_("Clock"),
        kind="ok" if apart <= CLOCK else "danger",
        words=_("agrees with the database’s") if apart <= CLOCK else _("differs from the database’s"),
        facts=(_("%(n)s s apart") % {"n": _number(round(apart, 1))},),
        advice="" if apart <= CLOCK else _("Let both machines set their clocks by NTP."),
    )


def _valkey() -> Iterator[Check]:
    began = time.monotonic()
    with redis.from_url(
        settings.REDIS_URL, socket_timeout=_TIMEOUT, socket_connect_timeout=_TIMEOUT
    ) as client:
        memory = client.info("memory")
        queues = {name: int(client.llen(name)) for name in sorted(_queues())}
    took = 1000 * (time.monotonic() - began)
    yield Check(
        name=_("Valkey"),
        kind="warning" if took > SLOW_MS else "ok",
        words=_("slow") if took > SLOW_MS else _("works"),
        facts=(
            _("%(n)s MB") % {"n": _number(int(memory["used_memory"]) // 2**20)},
            _("answered in %(n)s ms") % {"n": _number(round(took))},
        ),
    )
    full = max(queues.values(), default=0) > TASKS_WARN
    yield Check(
        name=_("Tasks"),
        kind="warning" if full else "ok",
        words=_("workers do not keep up") if full else _("taken as they come"),
        facts=tuple(f"{name}: {_number(n)}" for name, n in queues.items()),
        advice=_("Look whether the workers of this queue run.") if full else "",
    )


def _queues() -> set[str]:
    """The names of Celery's queues: the default one and those that routes name."""
    routes = app.conf.task_routes or {}
    return {app.conf.task_default_queue, *(route["queue"] for route in routes.values())}


def _runs() -> Iterator[Check]:
    runs = operations.open_runs()
    silent = [run for run in runs if run.heartbeat_age > board.SILENT]
    oldest = max((run.heartbeat_age for run in runs), default=0)
    words = _("some are silent") if silent else _("alive") if runs else _("none open: nothing is due")
    yield Check(
        name=_("Queue runs"),
        kind="danger" if silent else "ok",
        words=words,
        facts=(
            _("%(n)s open") % {"n": _number(len(runs))},
            _("oldest heartbeat %(n)s s ago") % {"n": _number(round(max(oldest, 0)))},
        ),
        advice=_("See Hosts and queue runs.") if silent else "",
    )


def _queue() -> Iterator[Check]:
    with operations.patience():
        rows = operations.lanes()
    since = min((row.overdue_since for row in rows if row.overdue_since), default=None)
    late = since is not None and timezone.now() - since > DUE_WARN
    yield Check(
        name=_("Queue"),
        kind="warning" if late else "ok",
        words=_("due mail waits") if late else _("mail leaves when it is due"),
        facts=(
            _("%(n)s waiting") % {"n": _number(sum(row.waiting for row in rows))},
            _("oldest due for %(time)s") % {"time": timesince(since)} if since else _("nothing is due"),
        ),
        advice=_("See Lanes: a suspension or a limit may hold it.") if late else "",
    )


def _jobs() -> Iterator[Check]:
    waiting = [row for row in all_jobs(only_open=True, most=1000) if row.started_at is None]
    since = min((row.created_at for row in waiting), default=None)
    late = since is not None and timezone.now() - since > JOB_WARN
    yield Check(
        name=_("Jobs"),
        kind="warning" if late else "ok",
        words=_("jobs wait for a worker") if late else _("begun as they come"),
        facts=(_("%(n)s waiting") % {"n": _number(len(waiting))},),
        advice=_("Look whether the workers of this queue run.") if late else "",
    )


def _disk() -> Iterator[Check]:
    usage = shutil.disk_usage(settings.RELAY_DATA_DIR)
    free = 100 * usage.free / usage.total
    kind: Kind = "danger" if free < DISK_LEAST else "warning" if free < DISK_WARN else "ok"
    yield Check(
        name=_("Disk"),
        kind=kind,
        words=_("enough room") if kind == "ok" else _("nearly full"),
        facts=(
            _("%(n)s GB free") % {"n": _number(round(usage.free / 2**30, 1))},
            _("%(n)s%% free") % {"n": _number(round(free))},
        ),
        advice="" if kind == "ok" else _("Make room: without any, nothing more is sent."),
    )


def _number(value: float) -> str:
    return str(number_format(value, force_grouping=True))
