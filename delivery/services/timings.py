"""Which retry and expiry tables this installation uses, and how long a message may wait at all."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from django.conf import settings

from delivery.models.stream import Stream
from relay_saas.mail import retry

#: The engine's word for each stream of the database.
STREAMS: Final[Mapping[int, retry.Stream]] = {
    Stream.SYSTEM: retry.Stream.SYSTEM,
    Stream.TRANSACTIONAL: retry.Stream.TRANSACTIONAL,
    Stream.MARKETING: retry.Stream.MARKETING,
}
_TABLES: Final[Mapping[str, retry.Timings]] = {"demo": retry.DEMO, "production": retry.PRODUCTION}
#: What nobody has tried yet outlives a pause and a long queue, also where retries are given up soon.
_SHORTEST_WAIT: Final = timedelta(minutes=15)


def timings() -> retry.Timings:
    """The tables that RELAY_TIMINGS names."""
    return _TABLES[settings.RELAY_TIMINGS]


def longest_wait(stream: int) -> timedelta:
    """How long a message may wait in the queue; retries end earlier, counted from the first attempt."""
    return max(timings().expiry[STREAMS[stream]], _SHORTEST_WAIT)
