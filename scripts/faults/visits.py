"""R34: a burst of opens, clicks and junk at the edge while a campaign is sent, and Valkey stops meanwhile."""

import json
import subprocess
import sys
import time
from collections.abc import Sequence
from itertools import cycle, islice
from typing import Any

from relay_saas.embedded.paths import PROJECT
from scripts.accounting.witness import token_message
from scripts.faults.stage import Stage
from scripts.product_run.receivers import urls
from scripts.product_run.waiting import until

DOMAIN = "steady.test"
RATE, SECONDS = 500, 60
SLOWEST = 0.3
#: A browser's, so that machines are told apart by what they do; the seed makes it ours alone.
AGENT = "Mozilla/5.0 (X11; Linux x86_64) Burst/{seed}"
#: One in so many is no token of ours.
JUNK = 5
WITHOUT_VALKEY = 10.0
_COUNTED = "select kind, count(*) from tracking_engagement where user_agent = %s group by kind"


def burst(stage: Stage) -> None:
    """What was answered was counted, once; nobody waits long, and nothing fails."""
    people = stage.audience(DOMAIN, 60)
    books = stage.send(people)
    stage.settle(books)
    ours = _links(stage, books.messages())
    wanted = _with_junk(stage, ours)
    many = stage.audience("deliberate.test", 2000)
    sending = stage.send(many)
    stage.in_flight(sending, 0.01)
    agent = AGENT.format(seed=stage.result.seed)
    answers = _fire(stage, wanted, agent)
    delivered = sending.counters().get("delivered", 0)
    stage.note(f"{delivered} delivered by the burst's end, {sending.open} open")
    stage.check(sending.open > 0, "void: all was sent before the burst ended")
    good = {"opened": answers.get("o 200", 0), "clicked": answers.get("c 302", 0)}
    failed = {name: n for name, n in answers.items() if name.endswith(" 0") or name.split()[-1] >= "500"}
    stage.check(not failed, f"failed: {failed}")
    stage.check(all(good.values()) and answers.get("o 404"), f"void: {answers}")
    asked = sum(url in ours for url in islice(cycle(wanted), RATE * SECONDS))
    stage.check(sum(good.values()) == asked, f"{asked} valid ones asked for: {answers}")
    until(lambda: sum(_counted(stage, agent).values()) >= sum(good.values()), seconds=30, what="the counts")
    time.sleep(2)
    stage.check(_counted(stage, agent) == good, f"answered {good}, counted {_counted(stage, agent)}")
    stage.settle(sending, seconds=600)
    stage.account(many, sending)
    stage.account(people, books)


def _links(stage: Stage, messages: set[str]) -> set[str]:
    """Pixels and links in what the receivers took of these."""
    mine = [copy for copy in stage.receivers().copies() if _message(copy.mail_from) in messages]
    return {url for copy in mine for url in urls(copy) if "/o/" in url or "/c/" in url}


def _with_junk(stage: Stage, ours: set[str]) -> list[str]:
    """In an order by chance, with spoilt ones between."""
    found = sorted(ours)
    stage.chance.shuffle(found)
    wanted: list[str] = []
    for number, url in enumerate(found):
        if number % (JUNK - 1) == 0:
            wanted.append(_spoilt(stage, url))
        wanted.append(url)
    return wanted


def _message(mail_from: str) -> str:
    return str(token_message(mail_from.partition("@")[0]))


def _spoilt(stage: Stage, url: str) -> str:
    """One symbol of its token is another one."""
    at = url.rindex("/") + stage.chance.randint(2, 50)
    other = stage.chance.choice([letter for letter in "abcdefgh234567" if letter != url[at]])
    return f"{url[:at]}{other}{url[at + 1 :]}"


def _fire(stage: Stage, wanted: Sequence[str], agent: str) -> dict[str, int]:
    """The burst as a process of its own; Valkey is away for a part of it."""
    product = stage.product
    command = ["-m", "scripts.faults.burst", str(product.ports.edge), str(RATE), str(SECONDS), agent]
    path = product.data.root / "visits.json"
    path.write_text(json.dumps(wanted), encoding="utf-8")
    with path.open() as given:
        client = subprocess.Popen(
            [sys.executable, *command], cwd=PROJECT, stdin=given, stdout=subprocess.PIPE, text=True
        )
    time.sleep(SECONDS / 3)
    child = product.process("valkey")
    child.popen.terminate()
    until(lambda: child.status is not None, seconds=30, what="the end of Valkey")
    time.sleep(WITHOUT_VALKEY)
    product.supervisor.respawn(child)
    said: dict[str, Any] = json.loads(client.communicate(timeout=SECONDS * 3)[0])
    stage.note(
        f"{RATE} a second for {SECONDS} s, {WITHOUT_VALKEY:.0f} s of them without Valkey: {said['answers']}; "
        + ", ".join(f"{name} {said[name] * 1000:.0f} ms" for name in ("p50", "p95", "p99", "most"))
    )
    stage.check(said["p99"] < SLOWEST, f"p99 was {said['p99'] * 1000:.0f} ms")
    return dict(said["answers"])


def _counted(stage: Stage, agent: str) -> dict[str, int]:
    return dict(stage.product.owner.execute(_COUNTED, [agent]).fetchall())
