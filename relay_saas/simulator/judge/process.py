"""The process that judges what was taken: it follows the receivers' logs and writes verdicts-n.log."""

import asyncio
import json
import multiprocessing
import os
import time
import warnings
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from pathlib import Path

from relay_saas.simulator.background import step_back
from relay_saas.simulator.judge.records import KeyRecords, use_name_server, use_suffix_list
from relay_saas.simulator.judge.verdict import judge
from relay_saas.simulator.lifeline import die_with, say_ready
from relay_saas.simulator.options import Options
from relay_saas.simulator.tail import Follower, Found, numbered, read_message

LOOK_SECONDS = 0.2
BATCH = 64
#: Messages that a colleague takes at a time.
PORTION = 8
#: dkimpy costs more than the delivery itself; one judge would be the last to finish by far.
COLLEAGUES = 2
#: How long look-ups are believed: shorter than any record's time to live, long enough to cost nothing.
SLOT_SECONDS = 30

Task = tuple[Path, int, Found]
keys = KeyRecords()


class Judge:
    """Judges every line of the receivers' logs once, over restarts too; `work` maps tasks to lines in
    order."""

    def __init__(self, folder: Path, work: Callable[[Iterable[Task]], Iterable[str]]) -> None:
        self._folder = folder
        self._work = work
        self._followers: dict[int, Follower] = {}

    def look(self) -> int:
        """Judge what is new, some messages at most; returns how many those were."""
        return sum(self._judge_file(number, path) for number, path in numbered(self._folder, "received"))

    def _judge_file(self, number: int, path: Path) -> int:
        verdicts = self._folder / f"verdicts-{number}.log"
        if number not in self._followers:
            self._followers[number] = Follower(path, _judged_until(verdicts))
        found = list(self._followers[number].read(most=BATCH))
        if found:
            lines = list(self._work((self._folder, number, one) for one in found))
            with verdicts.open("a", encoding="utf-8") as file:
                file.writelines(lines)
        return len(found)


def verdict_line(task: Task) -> str:
    """The line of verdicts-n.log about one accepted message."""
    folder, number, found = task
    began = time.perf_counter()
    slot = int(time.monotonic() / SLOT_SECONDS)
    keys.begin(slot)
    line = found.line
    verdict = judge(
        read_message(folder, number, line),
        client=line["client"],
        helo=line["helo"],
        mail_from=line["mail_from"],
        txt=keys,
        slot=slot,
    )
    about = {name: line[name] for name in ("provider", "rcpt", "mail_from", "message_id")}
    cost = round((time.perf_counter() - began) * 1000, 2)
    whole = {"received": found.at, "next": found.end, **about, **asdict(verdict), "milliseconds": cost}
    return json.dumps(whole, ensure_ascii=False) + "\n"


def _judged_until(verdicts: Path) -> int:
    """Where the next line to judge begins, by the verdicts written before; a torn last line is cut off."""
    follower = Follower(verdicts)
    until = 0
    for found in follower.read_all():
        until = found.line["next"]
    if verdicts.exists():
        os.truncate(verdicts, follower.position)
    return until


def _prepare(dns_port: int) -> None:
    """The libraries that judge, told where this world's DNS is."""
    # pyspf still calls dnspython's old name for its look-up.
    warnings.filterwarnings("ignore", category=DeprecationWarning)
    use_suffix_list()
    use_name_server("127.0.0.1", dns_port)


async def serve(options: Options, _number: int, ready: int) -> None:
    """Judge until TERM, at low priority."""
    step_back()
    _prepare(options.dns_port)
    fork = multiprocessing.get_context("fork")
    with ProcessPoolExecutor(COLLEAGUES, fork, initializer=die_with, initargs=(os.getpid(),)) as pool:
        referee = Judge(options.folder, lambda tasks: pool.map(verdict_line, tasks, chunksize=PORTION))
        say_ready(ready)
        while True:
            if not referee.look():
                await asyncio.sleep(LOOK_SECONDS)
