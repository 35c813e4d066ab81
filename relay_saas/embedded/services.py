"""PostgreSQL and Valkey as one thing to have: those that the environment names, else the embedded ones."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from relay_saas.embedded import postgres, valkey
from relay_saas.embedded.exceptions import UrlMissing
from relay_saas.embedded.privileges import unprivileged
from relay_saas.embedded.supervisor import Supervisor, supervise

DATABASE_URLS = ("DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_DISPATCH_URL")


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Running services."""

    #: DATABASE_URL, DATABASE_OWNER_URL, DATABASE_DISPATCH_URL, REDIS_URL.
    environment: Mapping[str, str]
    supervisor: Supervisor


@contextmanager
def services(
    root: Path, *, durable: bool = True, owner_may_be_all: bool = False, given: Mapping[str, str] = os.environ
) -> Iterator[Services]:
    """PostgreSQL and Valkey in the folder `root`, stopped on leaving.

    `durable=False` trades what a power cut would lose for speed. `given` is the environment whose URLs win.
    Raises AlreadyRunning, UrlMissing, DidNotStart and the other errors of `exceptions`.
    """
    with supervise(root) as supervisor:
        environment = start(supervisor, durable=durable, owner_may_be_all=owner_may_be_all, given=given)
        yield Services(environment=environment, supervisor=supervisor)


def start(
    supervisor: Supervisor, *, durable: bool, owner_may_be_all: bool, given: Mapping[str, str]
) -> dict[str, str]:
    """Start what `given` does not name; the answer is the four URLs."""
    urls = database_urls(given)
    if urls is None:
        urls = postgres.start(
            supervisor, identity=unprivileged(), durable=durable, owner_may_be_all=owner_may_be_all
        )
    redis_url = given.get("REDIS_URL")
    broker = {"REDIS_URL": redis_url} if redis_url else valkey.start(supervisor, durable=durable)
    return urls | broker


def database_urls(given: Mapping[str, str]) -> dict[str, str] | None:
    """The three URLs where the environment names all, None where it names none, else raises UrlMissing."""
    urls = {name: given[name] for name in DATABASE_URLS if given.get(name)}
    missing = [name for name in DATABASE_URLS if name not in urls]
    if urls and missing:
        raise UrlMissing(
            f"set {' and '.join(missing)} as well: the three database URLs belong together, or none is set"
        )
    return urls or None
