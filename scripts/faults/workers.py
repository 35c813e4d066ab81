"""R04, R26–R29: workers stopped, rung for too often, paused; two schedulers, many clicks."""

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import psutil

from relay_saas.embedded.paths import PROJECT
from scripts.faults import gates
from scripts.faults.claims import claims_watched
from scripts.faults.family import speaks
from scripts.faults.stage import Stage
from scripts.product_run.campaigns import write_campaign
from scripts.product_run.journals import Witness
from scripts.product_run.waiting import until

DOMAIN = "steady.test"
CLICKS = 20
#: Seconds from TERM within which the last message is claimed and the last MAIL is said.
LAST_CLAIM, LAST_MAIL = 1.0, 2.0
_RUNS = "select pid, journal from delivery_queuerun where closed_at is null"


def stopped(stage: Stage) -> None:
    """TERM: claiming ends within a second, MAIL within two, open dots are awaited, nothing is in doubt."""
    people = stage.audience(DOMAIN, 600)
    with claims_watched(stage.product.owner) as last_claim:
        books = stage.send(people)
        stage.in_flight(books, 0.2)
        worker = stage.product.process("delivery")
        asked = time.time()
        worker.popen.terminate()
        until(lambda: worker.status is not None, seconds=60, what="the end of the worker")
        claimed = last_claim()
    ended = time.time()
    stage.note(f"ended {ended - asked:.1f} s after TERM, {books.open} still queued")
    stage.check(claimed, "void: nothing was seen to be claimed")
    stage.note(f"last claim {claimed - asked:+.2f} s from TERM")
    stage.check(claimed <= asked + LAST_CLAIM, f"claimed {claimed - asked:.2f} s after TERM")
    mails = stage.proxy.log.times("mail")
    stage.check(any(at < asked for at in mails), "void: no MAIL was seen")
    stage.note(f"last MAIL {max(mails) - asked:+.2f} s from TERM")
    late = [at for at in mails if at > asked + LAST_MAIL]
    stage.check(not late, f"{len(late)} MAIL later than {LAST_MAIL} s after TERM")
    stage.check(books.open > 0, "void: nothing was left to do")
    stage.product.respawn("delivery")
    stage.settle(books)
    stage.account(people, books)


def stopped_with_open_dots(stage: Stage) -> None:
    """TERM while answers to dots are held for longer than STOP_GRACE: those are in doubt, and no others."""
    people = stage.audience(DOMAIN, 120)
    gate = stage.proxy.gate(gates.DOT, 6)
    books = stage.send(people)
    until(lambda: len(gate.held) >= 6, seconds=60, what="six held answers")
    worker = stage.product.process("delivery")
    worker.popen.terminate()
    asked = time.time()
    until(lambda: worker.status is not None, seconds=90, what="the end of the worker")
    grace = int(stage.product.environment["RELAY_STOP_GRACE"])
    stage.note(f"ended {time.time() - asked:.1f} s after TERM with a grace of {grace} s")
    stage.check(time.time() - asked >= grace, "open dots were not awaited")
    gate.open()
    stage.product.respawn("delivery")
    stage.settle(books)
    stage.account(people, books, doubts={one.message for one in gate.held})


def killed_while_stopping(stage: Stage) -> None:
    """TERM, and kill -9 of all before the open dots are answered: in doubt is what the journals say."""
    people = stage.audience(DOMAIN, 120)
    gate = stage.proxy.gate(gates.DOT, 100)
    books = stage.send(people)
    until(lambda: len(gate.held) >= 4, seconds=60, what="held answers")
    worker = stage.product.process("delivery")
    with ExitStack() as stack:
        journals = [Path(journal) for _pid, journal in stage.product.owner.execute(_RUNS).fetchall()]
        witnesses = [stack.enter_context(Witness(path)) for path in journals]
        worker.popen.terminate()
        time.sleep(1)
        for process in [psutil.Process(worker.record.pid), *stage.children()]:
            process.kill()
        until(lambda: worker.status is not None, seconds=10, what="the end of the worker")
        stage.product.respawn("delivery")
        cut = set().union(*(witness.unanswered() for witness in witnesses))
    gate.open()
    stage.check(len(cut) >= 4, "void: nothing was cut")
    stage.result.figures["kills"] += 1
    stage.result.figures["cut"] += len(cut)
    stage.settle(books)
    stage.account(people, books, doubts=cut)


def paused(stage: Stage) -> None:
    """SIGSTOP of a child with ten open dots for three leases, the others run, SIGCONT: nobody sent twice."""
    people = stage.audience(DOMAIN, 300)
    gate = stage.proxy.gate(gates.DOT, 10)
    books = stage.send(people)
    until(lambda: len(gate.held) >= 10, seconds=60, what="ten held answers")
    runs = dict(stage.product.owner.execute(_RUNS).fetchall())
    victim = next(child for child in stage.children() if child.pid in runs and speaks(child, gate))
    victim.suspend()
    gate.open()
    lease = int(stage.product.environment["RELAY_LEASE_SECONDS"])
    began = time.monotonic()
    until(lambda: time.monotonic() - began > 3 * lease, seconds=4 * lease + 10)
    stage.note(f"stopped for {time.monotonic() - began:.0f} s with a lease of {lease} s; {books.open} open")
    stage.check(books.open > 0, "rows of a living worker were taken from it")
    victim.resume()
    stage.settle(books)
    stage.account(people, books)


def rung_for_too_often(stage: Stage) -> None:
    """Every task three times and in any order, over and over, while a campaign is sent."""
    people = stage.audience(DOMAIN, 600)
    books = stage.send(people)
    ringing = subprocess.Popen(
        [sys.executable, "-m", "scripts.faults.bells", stage.product.cast.tenant_id, str(books.campaign)],
        cwd=PROJECT,
        env=dict(stage.product.environment),
    )
    try:
        stage.settle(books)
    finally:
        ringing.terminate()
        ringing.wait(timeout=20)
    stage.account(people, books)


def two_schedulers(stage: Stage) -> None:
    """A second beat; the first one paused and continued."""
    people = stage.audience(DOMAIN, 600)
    product = stage.product
    first = product.process("beat")
    argv = tuple(
        part if not part.endswith("beat-schedule") else f"{part}-2"
        for part in product.rows["beat"].program.argv
    )
    second = product.supervisor.spawn(replace(product.rows["beat"].program, name="beat-2", argv=argv))
    books = stage.send(people)
    stage.in_flight(books, 0.1)
    os.kill(first.record.pid, signal.SIGSTOP)
    stage.in_flight(books, 0.5)
    os.kill(first.record.pid, signal.SIGCONT)
    stage.settle(books)
    second.popen.terminate()
    until(lambda: second.status is not None, seconds=20, what="the end of the second beat")
    launches = books.value("select count(*) from delivery_launch where campaign_id = %s", books.campaign)
    stage.check(launches == 1, f"{launches} launches")
    stage.account(people, books)


def many_clicks(stage: Stage) -> None:
    """Twenty people press Send at once, five times."""
    people = stage.audience(DOMAIN, 60)
    for _ in range(5):
        books = write_campaign(stage.product, people)
        with ThreadPoolExecutor(CLICKS) as clicks:
            list(clicks.map(lambda _click, books=books: stage.marketer.press("launch", books), range(CLICKS)))
        stage.settle(books)
        launches = books.value("select count(*) from delivery_launch where campaign_id = %s", books.campaign)
        stage.check(launches == 1, f"{launches} launches")
        stage.account(people, books)


def clocks_shifted(stage: Stage) -> None:
    """A second worker whose clock is ahead or behind: leases and due times follow the database's clock."""
    library = next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)
    if library is None:
        stage.check(kept=False, what="cannot be run: install faketime")
        return
    people = stage.audience(DOMAIN, 300)
    plain = stage.product.rows["delivery"].program
    argv = tuple(part.replace("delivery@", "shifted@") for part in plain.argv)
    for shift in ("+1h", "-1h", "+1d"):
        faked = {"LD_PRELOAD": str(library), "FAKETIME": shift, "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
        environment = {**plain.environment, **faked}
        shifted = replace(plain, name=f"shifted{shift}", argv=argv, environment=environment)
        child = stage.product.supervisor.spawn(shifted)
        books = stage.send(people)
        stage.settle(books)
        child.popen.terminate()
        until(lambda child=child: child.status is not None, seconds=60, what="the end")  # type: ignore[misc]
        report = stage.account(people, books)
        pids = (
            "select count(distinct pid) from delivery_queuerun where started_at > now() - interval '1 minute'"
        )
        stage.note(f"a clock {shift}: {report['states']}, runs of {books.value(pids)} processes")
