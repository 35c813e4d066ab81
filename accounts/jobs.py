"""What can be run as a job, and what the running work may do: say how far it is, and keep a file.

An app registers its kinds in `AppConfig.ready`; accounts.services.jobs makes, runs and ends them.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.dispatch import Signal
from django.utils import timezone

from accounts.audit import Actor
from accounts.models import Job
from accounts.permissions import Capability
from accounts.tenancy import tenant_scope
from relay_saas.web.problems import Text

#: `tenant_id`, `job_id`: a job waits for a worker. Sent after the commit; the receiver only enqueues.
job_waits = Signal()

#: Progress is written at most that often; every page asks every two seconds.
STEP_SECONDS: Final = 1.0
MAX_NAME: Final = 120
_UNSAVABLE: Final = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|]')

_kinds: dict[str, "JobKind"] = {}


class JobCancelled(Exception):
    """Somebody asked to stop. The work lets it pass; what it has not committed is undone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobKind:
    """One kind of long work.

    `run` does it outside any transaction and scope (it opens `tenant_scope(job.tenant_id)` for each step), in
    the language of whoever started it and the organization's time zone, and returns what it counted. It may
    be begun again after its worker died: it starts anew, or goes on from what it wrote itself. A RelayError
    that it raises is shown to people.
    """

    name: str
    label: Text
    run: Callable[["RunningJob"], Mapping[str, int]]
    #: The page of what was made, as a path; without it the job's own page is all there is.
    page: Callable[[Job], str] | None = None
    #: Labels of the counts that people see, in this order.
    counts: Mapping[str, Text] = field(default_factory=dict)
    #: Who may stop it (beside who started it) and fetch its file.
    capability: Capability = Capability.CONTACTS_EXPORT
    #: Other rows stand on the job's row: it is never cleaned up.
    lasting: bool = False
    #: Whether whoever started it gets a mail at its end; not for work that people wait for on its page.
    mails: bool = True


def register(kind: JobKind) -> None:
    """Makes a kind known; a later one of the same name takes its place."""
    _kinds[kind.name] = kind


def kind_of(name: str) -> JobKind | None:
    """The kind, or None where nobody registered it."""
    return _kinds.get(name)


def label_of(job: Job) -> Text:
    """What people call this kind of work; the bare name where nobody registered it."""
    kind = kind_of(job.kind)
    return kind.label if kind is not None else job.kind


def kinds() -> tuple[JobKind, ...]:
    """All kinds."""
    return tuple(_kinds.values())


def result_path(job_id: int) -> Path:
    """Where a job's file lies; its name for people is on the row and never part of a path."""
    return Path(settings.RELAY_DATA_DIR) / "jobs" / f"{job_id}.result"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptFile:
    """The file that a job offers: where it lies, and what people call it."""

    path: Path
    name: str
    media_type: str


class RunningJob:
    """The work's side of a job."""

    def __init__(self, job: Job) -> None:
        self.id: Final = job.pk
        self.tenant_id: Final[UUID] = job.tenant_id
        self.title: Final = job.title
        self.arguments: Final[dict[str, Any]] = job.arguments
        self.language: Final = job.language
        name = job.created_by.get_username() if job.created_by is not None else "system"
        self.actor: Final = Actor(name=name, user_id=job.created_by_id)
        self.kept: KeptFile | None = None
        self._said_at = 0.0
        self._depth = _depth()

    def progress(self, done: int, total: int | None = None) -> None:
        """Says how far the work is, at most once a second; raises JobCancelled when it shall stop.

        Inside a transaction of the work's own it only listens: what it wrote would be seen at the end alone,
        and would hold the row until then.
        """
        now = monotonic()
        if now - self._said_at < STEP_SECONDS:
            return
        self._said_at = now
        inside = _depth() > self._depth
        with tenant_scope(self.tenant_id):
            mine = Job.objects.filter(pk=self.id)
            if not inside:
                values = {"done": done} if total is None else {"done": done, "total": total}
                mine.update(heartbeat_at=timezone.now(), **values)
            stop = mine.values_list("cancel_requested_at", flat=True).first()
        if stop is not None:
            raise JobCancelled

    def keep_file(self, name: str, media_type: str) -> Path:
        """Where to write the one file that the job's page offers, called `name` there; open it with "wb".

        It is offered when the work ends well, and removed when it does not.
        """
        path = result_path(self.id)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.kept = KeptFile(path=path, name=_file_name(name), media_type=media_type)
        return path


def _file_name(name: str) -> str:
    """A name that every system can save: an organization's or a list's name may hold slashes."""
    return " ".join(_UNSAVABLE.sub(" ", name).split())[-MAX_NAME:]


def _depth() -> int:
    """How many transactions and savepoints are open."""
    return len(connection.savepoint_ids) + connection.in_atomic_block
