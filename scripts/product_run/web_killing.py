"""Kills the web server while requests are in flight, and says what became of every mail posted to it."""

import os
import time
from collections import Counter
from dataclasses import dataclass
from random import Random
from signal import SIGKILL
from typing import Final

import psutil

from relay_saas.mail.ids import format_id
from scripts.product_run.posters import Post, Posters
from scripts.product_run.product import Product
from scripts.product_run.receivers import Receivers
from scripts.product_run.waiting import until

CONNECTIONS: Final = 8
#: Answers between two kills.
FEWEST, MOST = 2, 16
#: Seconds by chance between the last of them and the kill.
_LATER: Final = 0.05
#: One kill in so many hits the whole server, the others the process that answers.
_WHOLE: Final = 4
_WRITTEN: Final = """
select m.rcpt, m.id from delivery_message m join delivery_submission s on s.id = m.submission_id
where s.channel = 'api' and m.rcpt = any(%s)
"""
_OPEN: Final = """
select count(*) from delivery_queueentry q join delivery_message m on m.id = q.message_id
where m.rcpt = any(%s)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """Every mail that was posted, against the ledger and the receivers; names where there must be none."""

    #: Answered 2xx, recipients.
    answered: frozenset[str]
    #: Answered, and not in the ledger with the answer's id.
    lost: list[str]
    #: More than one message in the ledger.
    doubled: list[str]
    #: Requests of which a part was written.
    halves: list[str]
    #: Requests without a key and an answer: written whole, not at all.
    whole: int
    none: int
    #: In the ledger and at no receiver; at a receiver more than once; at one and not in the ledger.
    undelivered: list[str]
    delivered_twice: list[str]
    unknown: list[str]

    @property
    def faults(self) -> dict[str, list[str]]:
        """What is not as promised, with examples."""
        names = ("lost", "doubled", "halves", "undelivered", "delivered_twice", "unknown")
        return {name: getattr(self, name)[:3] for name in names if getattr(self, name)}


def posters(product: Product, *, domain: str) -> Posters:
    """For the cast's key."""
    cast = product.cast
    return Posters(port=product.ports.web, secret=cast.api_key, sender=f"shop@{cast.domain}", domain=domain)


def kill_web(product: Product, clients: Posters, chance: Random) -> bool:
    """One kill after some answers, and the start again; whether a request broke off by it."""
    wanted = _answers(clients) + chance.randint(FEWEST, MOST)
    later = chance.uniform(0, _LATER)
    until(lambda: _answers(clients) >= wanted, what="answers")
    time.sleep(later)
    until(lambda: clients.flying, what="a request in flight")
    child = product.process("web")
    flying = set(clients.flying)
    if chance.randrange(_WHOLE):
        for process in psutil.Process(child.record.pid).children():
            process.send_signal(SIGKILL)
    else:
        os.killpg(child.record.pid, SIGKILL)
    until(lambda: child.status is not None, seconds=20, what="the web server's end")
    until(lambda: not flying & clients.flying, what="the end of what was in flight")
    product.respawn("web")
    return bool(flying & clients.broken)


def judge(product: Product, clients: Posters) -> Posted:
    """Waits until everything that was written has been sent, then compares the three of them."""
    asked = [*clients.answered, *(one for post in clients.abandoned for one in post.recipients)]
    rows = product.owner.execute(_WRITTEN, [asked]).fetchall()
    times = Counter(rcpt for rcpt, _id in rows)
    ids = {(rcpt, format_id("msg", message_id)) for rcpt, message_id in rows}
    until(lambda: _none_open(product, asked), seconds=180, what="the end of the queue")
    taken = Counter(copy.rcpt for copy in Receivers(folder=product.receivers).copies(*asked))
    shares = [sum(one in times for one in post.recipients) for post in clients.abandoned]
    return Posted(
        answered=frozenset(clients.answered),
        lost=sorted(rcpt for rcpt, known in clients.answered.items() if (rcpt, known) not in ids),
        doubled=sorted(rcpt for rcpt, n in times.items() if n > 1),
        halves=[_name(post) for post, n in _pairs(clients, shares) if 0 < n < len(post.recipients)],
        whole=sum(n == len(post.recipients) for post, n in _pairs(clients, shares)),
        none=shares.count(0),
        undelivered=sorted(set(times) - set(taken)),
        delivered_twice=sorted(rcpt for rcpt, n in taken.items() if n > 1),
        unknown=sorted(set(taken) - set(times)),
    )


def _pairs(clients: Posters, shares: list[int]) -> list[tuple[Post, int]]:
    return list(zip(clients.abandoned, shares, strict=True))


def _name(post: Post) -> str:
    return f"{post.kind} to {post.recipients[0]}"


def _answers(clients: Posters) -> int:
    return sum(n for name, n in clients.counts.items() if name.endswith(" answered"))


def _none_open(product: Product, asked: list[str]) -> bool:
    row = product.owner.execute(_OPEN, [asked]).fetchone()
    return row is not None and row[0] == 0
