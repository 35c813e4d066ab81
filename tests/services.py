"""A pytest plugin that gives tests their services before Django reads its settings (`-p tests.services`).

Where the environment names the services they are used; else PostgreSQL and Valkey are started for this run,
below `var/`. A run of `tests/unit` alone starts nothing and loads no Django.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest

from relay_saas.embedded.environment import product
from relay_saas.embedded.exceptions import AlreadyRunning
from relay_saas.embedded.paths import DataDir
from relay_saas.embedded.ports import Ports
from relay_saas.embedded.services import services
from tests import database

ROOT = Path(__file__).resolve().parent.parent
# Test databases stand beside each other; so many runs at once share the machine.
SEATS = 16
# No part listens here: tests bind to port 0, and what the settings name is only written into links.
PORTS = Ports(base=18000)
# Tells the processes below that everything is given: workers of xdist, stages of `scripts/test.py`.
STARTED = "RELAY_TESTS_STARTED"

running = ExitStack()


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Iterator[None]:
    """Before pytest-django looks for settings: services, this worker's own database, the settings' name."""
    places = early_config.known_args_namespace.file_or_dir
    if early_config.pluginmanager.has_plugin("django") and not only_unit(places):
        if STARTED not in os.environ:
            os.environ.update(start(running))
        point_at(os.environ.get("PYTEST_XDIST_WORKER", "main"))
        os.environ["DJANGO_SETTINGS_MODULE"] = "relay_saas.settings"
    yield


def pytest_unconfigure() -> None:
    """Stop what we started."""
    running.close()


def only_unit(places: Sequence[str]) -> bool:
    """Whether nothing but unit tests was asked for; they need neither services nor Django."""
    unit = ROOT / "tests" / "unit"
    paths = [Path(place.partition("::")[0]).resolve() for place in places]
    return bool(paths) and all(path.is_relative_to(unit) for path in paths)


def start(stack: ExitStack) -> dict[str, str]:
    """Start services in the first free folder below `var/`; the answer is the product's environment."""
    for seat in range(SEATS):
        root = ROOT / "var" / ("test" if seat == 0 else f"test-{seat}")
        try:
            found = stack.enter_context(services(root, durable=False, owner_may_be_all=True))
        except AlreadyRunning:
            continue
        return product(DataDir.at(root), PORTS, found.environment, os.environ) | {STARTED: str(root)}
    raise AlreadyRunning(f"{SEATS} test runs use this clone already")


def point_at(worker: str) -> None:
    """Let the URLs name the worker's own database and its own number in Valkey."""
    for name in database.URLS:
        os.environ[name] = database.at(os.environ[name], f"test_{worker}")
    number = 1 + int(worker.removeprefix("gw")) if worker.startswith("gw") else 0
    # By hand: urlunsplit makes `unix:/path` of `unix:///path`, which redis-py refuses.
    os.environ["REDIS_URL"] = f"{os.environ['REDIS_URL'].partition('?')[0]}?db={number}"
