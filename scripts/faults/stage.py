"""A product behind the proxy, and what every fault does with it: mail a list, wait, let the judge look."""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from relay_saas.embedded.paths import PROJECT
from relay_saas.simulator.profiles.loader import load_scenario
from scripts.faults.family import children
from scripts.faults.proxy import Proxy, proxied
from scripts.faults.result import NONE_OF, Result
from scripts.product_run.accounting import account
from scripts.product_run.campaigns import Marketer, People, demo_rows, import_people, settle
from scripts.product_run.ledger import Books
from scripts.product_run.product import Product, running
from scripts.product_run.receivers import Receivers
from scripts.product_run.waiting import until

WORLDS = Path(__file__).with_name("worlds")
IN_DOUBT = 8


@dataclass(slots=True, kw_only=True)
class Stage:
    """Of one fault, on a product that several faults may share."""

    product: Product
    proxy: Proxy
    marketer: Marketer
    result: Result
    chance: random.Random
    people: dict[tuple[str, int], People] = field(default_factory=dict)

    def note(self, text: str) -> None:
        """For the reader of the result."""
        self.result.notes.append(text)

    def check(self, kept: object, what: str) -> None:
        """One promise."""
        if not kept:
            self.result.broken.append(what)

    def audience(self, domain: str, count: int) -> People:
        """So many people of one domain; imported once a product."""
        if (domain, count) not in self.people:
            name = f"{domain} {count}"
            self.people[domain, count] = import_people(self.product, name, demo_rows(0, count, domain=domain))
        return self.people[domain, count]

    def send(self, people: People) -> Books:
        """Launches a campaign to them."""
        return self.marketer.send(self.product, people)

    def in_flight(self, books: Books, share: float, *, seconds: float = 120) -> None:
        """Waits until that share of a campaign is delivered."""
        until(
            lambda: books.audience and books.counters().get("delivered", 0) >= share * books.audience,
            seconds=seconds,
            what=f"{share:.0%} delivered",
        )

    def settle(self, books: Books, *, seconds: float = 180) -> None:
        """Waits until a campaign has ended by itself."""
        settle(books, seconds=seconds, meanwhile=self.mend)

    def account(self, people: People, books: Books, *options: str, doubts: set[str] | None = None) -> Any:
        """The accounting's report, judged: the promise, and in doubt what was cut and nothing else."""
        report = account(self.product, people, books, *options)
        figures = self.result.figures
        for name in ("audience", "accepted", "in_doubt", "duplicate_explained", *NONE_OF):
            figures[name] += int(report[name])
        for name in NONE_OF:
            self.check(not report[name], f"{name}: {report['examples'].get(name)}")
        self.check(report["equation_holds"], "the states do not sum to the audience")
        self.check(report["counters_agree"], "the counters differ from the states")
        found = books.in_state(IN_DOUBT)
        expected = doubts or set()
        self.check(
            found == expected, f"in doubt {len(found)}, cut {len(expected)}, both {len(found & expected)}"
        )
        return report

    def mend(self) -> bool:
        """Starts the worker again where it has ended, as its supervisor does: Celery gives up a worker whose
        child dies in its first moments."""
        if self.product.process("delivery").status is not None:
            self.note("the worker had ended by itself and was started again")
            self.product.respawn("delivery")
        return False

    def receivers(self) -> Receivers:
        """The other side."""
        return Receivers(folder=self.product.receivers)

    def children(self) -> list[psutil.Process]:
        """The delivery worker's children that live."""
        return children(psutil.Process(self.product.process("delivery").record.pid))


@contextmanager
def standing(
    world: str, settings: dict[str, str], keep: Callable[[], bool]
) -> Iterator[tuple[Product, Proxy]]:
    """A running product whose workers reach the receivers of a world by a proxy alone."""
    folder = WORLDS / world
    addresses = [host.address for one in load_scenario(str(folder)).providers for host in one.mx]
    log = PROJECT / "var" / f"faults-{world}-proxy.log"
    log.parent.mkdir(exist_ok=True)
    log.unlink(missing_ok=True)
    with (
        proxied(addresses, log) as proxy,
        running(folder, keep=keep, RELAY_SMTP_PORT=str(proxy.port), **settings) as product,
    ):
        proxy.upstream_port = product.ports.smtp
        yield product, proxy
