"""R36: the next version with its migration comes while campaigns are sent, goes back, and comes again."""

import time
from collections.abc import Callable

from relay_saas.embedded import probes
from relay_saas.embedded.supervisor import Child, Program
from scripts.faults.older import Older, older
from scripts.faults.stage import Stage
from scripts.faults.traffic import traffic
from scripts.product_run.api import Api
from scripts.product_run.product import run_python
from scripts.product_run.waiting import must, until

DOMAIN = "deliberate.test"
AUDIENCE = 500
#: What is another version after a deployment; the simulator is the world outside.
DEPLOYED = ("delivery", "tasks", "beat", "inbound", "edge", "web")
#: Which of them can share their port with their successor, and what that says once it serves.
OVERLAPPING, SERVES = ("web", "edge"), "Started worker"
#: Seconds that nobody may listen at the API, and the share of its answers that may fail.
DOWNTIME, FAILING = 5.0, 0.001

Version = Callable[[Program], Program]


def upgraded_and_back(stage: Stage) -> None:
    """The older version sends; migration under it; forward, back on the new schema, and forward again, each
    in the midst of a campaign."""
    before = older(stage.product.data.root)
    stage.note(f"the version before {before.commit}; its last migrations {before.known}")
    must(before.known, "void: the newest migration changes nothing that the older version does not know")
    _begin_with(stage, before)
    people = stage.audience(DOMAIN, AUDIENCE)
    with traffic(*_posted(stage)) as flow:
        for way, change in (
            ("migrated under the older version", _migrate),
            ("forward", lambda stage: _deploy(stage, _as_it_is)),
            ("back, on the new schema", lambda stage: _deploy(stage, before.program)),
            ("forward again", lambda stage: _deploy(stage, _as_it_is)),
        ):
            books = stage.send(people)
            stage.in_flight(books, 0.05)
            stage.check(books.open > 0, f"void: nothing was left to send: {way}")
            began = time.monotonic()
            change(stage)
            stage.note(f"{way}: {time.monotonic() - began:.1f} s, {books.open} open")
            stage.settle(books)
            stage.account(people, books)
    asked = flow.answered + len(flow.errors)
    longest = max(flow.gaps, default=0.0)
    stage.note(f"API: {flow.answered} answered, {len(flow.errors)} failed, away for {longest:.1f} s at most")
    stage.check(len(flow.errors) <= FAILING * asked, f"the API failed: {flow.errors[:3]}")
    stage.check(longest <= DOWNTIME, f"nobody listened for {longest:.1f} s")


def _migrate(stage: Stage) -> None:
    stage.product.manage("prepare_database")


def _as_it_is(program: Program) -> Program:
    return program


def _begin_with(stage: Stage, before: Older) -> None:
    """The schema and the processes of the older version."""
    for name in DEPLOYED:
        _end(stage, name)
    owner = dict(stage.product.environment) | {"DATABASE_URL": stage.product.owner_url}
    for app, last in before.known.items():
        run_python("manage.py", "migrate", "--skip-checks", app, last, environment=owner)
    for name in DEPLOYED:
        _begin(stage, name, before.program)


def _posted(stage: Stage) -> tuple[Api, str]:
    product = stage.product
    api = Api(base_url=product.environment["RELAY_BASE_URL"], key=product.cast.api_key)
    message = {
        "from": f"shop@{product.cast.domain}",
        "to": ["buyer@steady.test"],
        "subject": "Order 1",
        "text": "Thank you.",
    }
    status, document = api.send(message)
    must(status < 300, document)
    return api, str(document["id"])


def _deploy(stage: Stage, version: Version) -> None:
    """One process after the other is ended and begun in that version; servers the other way round."""
    for name in DEPLOYED:
        if name in OVERLAPPING:
            _relieve(stage, name, version)
        else:
            _end(stage, name)
            _begin(stage, name, version)


def _relieve(stage: Stage, name: str, version: Version) -> None:
    """Both listen at the same port for a moment."""
    supervisor, before = stage.product.supervisor, stage.product.process(name)
    serves = probes.says(stage.product.data.log(name), SERVES)
    try:
        child = supervisor.spawn(version(stage.product.rows[name].program))
        supervisor.await_ready(child, serves, seconds=90)
    finally:
        _terminate(before)


def _end(stage: Stage, name: str) -> None:
    _terminate(stage.product.process(name))


def _terminate(child: Child) -> None:
    child.popen.terminate()
    until(lambda: child.status is not None, seconds=90, what=f"the end of {child.program.name}")


def _begin(stage: Stage, name: str, version: Version) -> None:
    supervisor, row = stage.product.supervisor, stage.product.rows[name]
    child = supervisor.spawn(version(row.program))
    supervisor.await_ready(child, row.ready, seconds=90)
