"""The process in which the recipients live: it follows the receivers' logs and lets people react in time."""

import asyncio
import heapq
import itertools
import json
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from relay_saas.simulator.background import step_back
from relay_saas.simulator.lifeline import say_ready
from relay_saas.simulator.options import Options
from relay_saas.simulator.profiles.loader import load_scenario
from relay_saas.simulator.profiles.model import Provider
from relay_saas.simulator.recipients.people import REQUESTS, People
from relay_saas.simulator.recipients.plan import ACTIONS, Plan, plan
from relay_saas.simulator.recipients.post import Post
from relay_saas.simulator.recipients.reactions import Mail, Reactions
from relay_saas.simulator.recipients.writers import Writers
from relay_saas.simulator.tail import Follower, Line, numbered, read_message

LOOK_SECONDS = 0.2
Waiting = tuple[float, int, int, Line, str]


class Inbox:
    """What was delivered and waits for a reaction; where reading stopped is kept over a restart."""

    def __init__(self, folder: Path, providers: Mapping[str, Provider], seed: int) -> None:
        self._folder = folder
        self._providers = providers
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
        provider = self._providers.get(line["provider"])
        if provider is None:
            return Plan()
        recipient, message_id = line["rcpt"], line["message_id"]
        return plan(
            provider.people, seed=self._seed, recipient=recipient, message_id=message_id, late=provider.late
        )

    def due(self, now: float) -> Iterator[tuple[Mail, str]]:
        """Reactions whose time has come."""
        while self._waiting and self._waiting[0][0] <= now:
            _, _, number, line, action = heapq.heappop(self._waiting)
            raw = read_message(self._folder, number, line)
            yield Mail(line=line, raw=raw, plan=self.plan(line)), action


def _times(planned: Plan) -> Iterator[tuple[str, float]]:
    for action in ACTIONS:
        when = getattr(planned, action)
        if when is not None:
            yield action, when


async def serve(options: Options, _number: int, ready: int) -> None:
    """Let people react until TERM."""
    providers = {provider.name: provider for provider in load_scenario(options.scenario).providers}
    inbox = Inbox(options.folder, providers, options.seed)
    log = Reactions(path=options.folder / "reactions.log")
    edge, inbound = options.edge_address, options.inbound_address
    people = People(edge=edge, log=log, seed=options.seed) if edge else None
    writers = Writers(post=Post(server=inbound), providers=providers, log=log) if inbound else None
    running: set[asyncio.Task[None]] = set()
    step_back()
    say_ready(ready)
    while True:
        inbox.look()
        for mail, action in inbox.due(time.time()):
            who = people if action in REQUESTS else writers
            if who is None:
                continue
            task = asyncio.create_task(who.react(mail, action))
            running.add(task)
            task.add_done_callback(running.discard)
            await asyncio.sleep(0)
        await asyncio.sleep(LOOK_SECONDS)
