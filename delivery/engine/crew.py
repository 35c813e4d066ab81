"""The senders of a run: how many connections it may have, who gets them, and who has to leave."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Final
from uuid import UUID

from delivery.engine import permits
from delivery.engine.channel import Channel
from delivery.engine.content import Pool
from delivery.engine.permits import Pair
from delivery.engine.talk import Sender, Workshop

#: A pair that wants more asks again after the first, all others after the second.
_ASK_SECONDS, _REVIEW_SECONDS = 0.5, 4.0
#: Connections that a site is begun with where nothing is known against it.
_FIRST: Final = 4
#: Share of a run's sessions that one site may hold, and that all dead or unknown ones may hold together.
ONE_SITE: Final = 0.10
UNTRUSTED: Final = 0.25


def most(channel: Channel, sessions: int) -> int:
    """Sessions that a channel may have in a run that has so many."""
    return min(channel.sessions, channel.limits.max_connections, max(1, int(sessions * ONE_SITE)))


def untrusted_left(channels: Iterable[Channel], sessions: int) -> int:
    """How many more dead or unknown sites a run of so many sessions may try now."""
    tried = sum(max(len(one.senders), bool(one.jobs)) for one in channels if not one.trusted)
    return max(1, int(sessions * UNTRUSTED)) - tried


class Crew:
    """Of one run."""

    def __init__(self, shop: Workshop, pool: Pool, run_id: UUID) -> None:
        self._shop = shop
        self._pool = pool
        self._run_id = run_id
        self._granted: dict[Pair, int] = {}
        self._asked_at: dict[Pair, float] = {}

    def untrusted_left(self, channels: Iterable[Channel]) -> int:
        """How many more dead or unknown sites may be tried now."""
        return untrusted_left(channels, self._shop.config.sessions)

    async def ask(self, channels: Iterable[Channel], due: Iterable[Channel], now: float) -> None:
        """Asks for connections where more are wanted, and gives up those that are not."""
        demand: dict[Pair, int] = defaultdict(int)
        held: dict[Pair, int] = defaultdict(int)
        limits: dict[Pair, int] = defaultdict(int)
        for channel in channels:
            demand[channel.pair] += len(channel.senders) + self._hireable(channel)
            held[channel.pair] += len(channel.senders)
            limits[channel.pair] = max(limits[channel.pair], channel.limits.max_connections)
        for channel in due:
            # Who has none yet claims nothing, and must say all the same that there is work.
            first = (
                0
                if channel.quiet or channel.closing
                else min(_FIRST, most(channel, self._shop.config.sessions))
                if channel.trusted
                else 1
            )
            demand[channel.pair] = max(demand[channel.pair], first)
        asked = {
            pair: (wanted, limits[pair]) for pair, wanted in demand.items() if self._time(pair, wanted, now)
        }
        if not asked:
            return
        async with self._pool.connection() as connection:
            granted = await permits.adjust(connection, self._run_id, asked, held)
        for pair, n in granted.items():
            self._granted[pair] = n
            self._asked_at[pair] = now
            self._dismiss(channels, pair, n)

    def may_claim(self, channel: Channel) -> bool:
        """Whether a job could be sent soon: there is a session, or a permit for one."""
        return bool(channel.senders) or self._granted.get(channel.pair, 0) > 0

    def hire(self, channels: Mapping[Pair, Channel]) -> None:
        """New senders where jobs wait, as far as the permits go."""
        free: dict[Pair, int] = dict(self._granted)
        for channel in channels.values():
            free[channel.pair] = free.get(channel.pair, 0) - len(channel.senders)
        for channel in channels.values():
            for _ in range(min(self._hireable(channel), free[channel.pair])):
                free[channel.pair] -= 1
                task = asyncio.create_task(Sender(self._shop, channel).run())
                channel.senders.add(task)
                task.add_done_callback(channel.dismissed)
            channel.excess += max(0, channel.staying - most(channel, self._shop.config.sessions))

    def _hireable(self, channel: Channel) -> int:
        return max(0, min(channel.needed, most(channel, self._shop.config.sessions) - len(channel.senders)))

    def _time(self, pair: Pair, wanted: int, now: float) -> bool:
        granted = self._granted.get(pair, 0)
        wait = _ASK_SECONDS if wanted > granted else _REVIEW_SECONDS
        return wanted != granted and now - self._asked_at.get(pair, -wait) >= wait

    def _dismiss(self, channels: Iterable[Channel], pair: Pair, granted: int) -> None:
        surplus = sum(channel.staying for channel in channels if channel.pair == pair) - granted
        for channel in channels:
            if surplus > 0 and channel.pair == pair:
                n = min(surplus, channel.staying)
                channel.excess += n
                surplus -= n
