"""The process in which the recipients live: it follows the receivers' logs and lets people react in time."""

import asyncio
import heapq
import itertools
import json
import time
from collections.abc import Iterator
from pathlib import Path

from relay_saas.simulator.background import step_back
from relay_saas.simulator.lifeline import say_ready
from relay_saas.simulator.options import Options
from relay_saas.simulator.profiles.loader import load_scenario
from relay_saas.simulator.profiles.model import People as Habits
from relay_saas.simulator.recipients.people import Mail, People
from relay_saas.simulator.recipients.plan import Plan, plan
from relay_saas.simulator.recipients.reading import read
from relay_saas.simulator.tail import Follower, Line, numbered, read_message

LOOK_SECONDS = 0.2
Waiting = tuple[float, int, int, Line, str]


class Inbox:
    """What was delivered and waits for a reaction; where reading stopped is kept over a restart."""

    def __init__(self, folder: Path, habits: dict[str, Habits], seed: int) -> None:
        self._folder = folder
        self._habits = habits
        self._seed = seed
        self._state = folder / "recipients.json"
        self._positions: dict[str, int] = json.loads(self._state.read_text()) if self._state.exists() else {}
        self._waiting: list[Waiting] = []
        self._counter = itertools.count()

    def look(self) -> None:
        """Plan for what was delivered since the last look."""
        moved = False
        for number, path in numbered(self._folder, "received"):
            follower = Follower(path, self._positions.get(str(number), 0))
            for found in follower.read():
                for action, when in _times(self.plan(found.line)):
                    due = found.line["time"] + when
                    heapq.heappush(self._waiting, (due, next(self._counter), number, found.line, action))
            moved = moved or follower.position != self._positions.get(str(number), 0)
            self._positions[str(number)] = follower.position
        if moved:
            self._state.write_text(json.dumps(self._positions))

    def plan(self, line: Line) -> Plan:
        """What the recipient of a line of the log will do."""
        habits = self._habits.get(line["provider"], Habits())
        return plan(habits, seed=self._seed, recipient=line["rcpt"], message_id=line["message_id"])

    def due(self, now: float) -> Iterator[tuple[Mail, str]]:
        """Reactions whose time has come."""
        while self._waiting and self._waiting[0][0] <= now:
            _, _, number, line, action = heapq.heappop(self._waiting)
            mail = Mail(
                recipient=line["rcpt"],
                provider=line["provider"],
                message_id=line["message_id"],
                reading=read(read_message(self._folder, number, line)),
                plan=self.plan(line),
            )
            yield mail, action


def _times(planned: Plan) -> Iterator[tuple[str, float]]:
    for action in ("opened", "clicked", "unsubscribed", "scanned"):
        when = getattr(planned, action)
        if when is not None:
            yield action, when


async def serve(options: Options, _number: int, ready: int) -> None:
    """Let people react until TERM."""
    edge = options.edge_address
    if edge is None:
        return
    habits = {provider.name: provider.people for provider in load_scenario(options.scenario).providers}
    inbox = Inbox(options.folder, habits, options.seed)
    people = People(edge=edge, log=options.folder / "reactions.log", seed=options.seed)
    running: set[asyncio.Task[None]] = set()
    step_back()
    say_ready(ready)
    while True:
        inbox.look()
        for mail, action in inbox.due(time.time()):
            task = asyncio.create_task(people.react(mail, action))
            running.add(task)
            task.add_done_callback(running.discard)
            await asyncio.sleep(0)
        await asyncio.sleep(LOOK_SECONDS)
