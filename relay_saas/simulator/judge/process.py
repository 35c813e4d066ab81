"""The process that judges what was taken: it follows the receivers' logs and writes verdicts-n.log."""

import asyncio
import json
import os
import time
import warnings
from dataclasses import asdict
from pathlib import Path

from relay_saas.simulator.background import step_back
from relay_saas.simulator.judge.records import KeyRecords, use_name_server, use_suffix_list
from relay_saas.simulator.judge.verdict import judge
from relay_saas.simulator.lifeline import say_ready
from relay_saas.simulator.options import Options
from relay_saas.simulator.tail import Follower, Found, numbered, read_message

LOOK_SECONDS = 0.2
BATCH = 50
#: How long look-ups are believed: shorter than any record's time to live, long enough to cost nothing.
SLOT_SECONDS = 30


class Judge:
    """Judges every line of the receivers' logs once, over restarts too."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._followers: dict[int, Follower] = {}
        self._keys = KeyRecords()

    def look(self) -> int:
        """Judge what is new, some messages at most; returns how many those were."""
        return sum(self._judge_file(number, path) for number, path in numbered(self._folder, "received"))

    def _judge_file(self, number: int, path: Path) -> int:
        verdicts = self._folder / f"verdicts-{number}.log"
        if number not in self._followers:
            self._followers[number] = Follower(path, _judged_until(verdicts))
        lines = [self._verdict(number, found) for found in self._followers[number].read(most=BATCH)]
        if lines:
            with verdicts.open("a", encoding="utf-8") as file:
                file.writelines(lines)
        return len(lines)

    def _verdict(self, number: int, found: Found) -> str:
        began = time.perf_counter()
        slot = int(time.monotonic() / SLOT_SECONDS)
        self._keys.begin(slot)
        line = found.line
        verdict = judge(
            read_message(self._folder, number, line),
            client=line["client"],
            helo=line["helo"],
            mail_from=line["mail_from"],
            txt=self._keys,
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


async def serve(options: Options, _number: int, ready: int) -> None:
    """Judge until TERM, at low priority."""
    step_back()
    # pyspf still calls dnspython's old name for its look-up.
    warnings.filterwarnings("ignore", category=DeprecationWarning)
    use_suffix_list()
    use_name_server("127.0.0.1", options.dns_port)
    referee = Judge(options.folder)
    say_ready(ready)
    while True:
        if not referee.look():
            await asyncio.sleep(LOOK_SECONDS)
