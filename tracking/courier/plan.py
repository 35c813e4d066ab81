"""What an answer means for its call and its endpoint: pure decisions; the caller acts."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum
from random import Random
from typing import Final

#: Seconds before each further try: 5 s at first, then up to a day; in sum five days.
WAITS: Final = (5, 30, 120, 600, 1_800, 3_600, 7_200, 14_400, 28_800, 43_200, 86_400, 86_400, 86_400, 86_400)
#: A refusal of the body (4xx) is tried less often: it will mostly be refused again.
REFUSED_WAITS: Final = WAITS[:7]
JITTER: Final = 0.2
#: The longest wait that a server may ask for.
MOST_RETRY_AFTER: Final = timedelta(days=1)
#: Failures in a row after which an endpoint rests, and how long at first and at most.
TRIP: Final = 5
REST: Final = timedelta(seconds=5)
MOST_REST: Final = timedelta(minutes=10)
#: An endpoint that takes nothing for so long is disabled.
GIVE_UP: Final = timedelta(days=5)
GONE: Final = 410
_LATER: Final = frozenset({408, 425, 429})
_SAYS_WHEN: Final = frozenset({429, 503})


class Verdict(StrEnum):
    """What becomes of a call."""

    DELIVERED = "delivered"
    RETRY = "waiting"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The verdict, and when to try again."""

    verdict: Verdict
    wait: timedelta | None = None
    #: The endpoint wants no more calls, ever.
    gone: bool = False


def decide(
    *, attempt: int, status: int | None, retry_after: timedelta | None = None, random: Random
) -> Decision:
    """For the attempt with this number (from 1); `status` None: no answer came."""
    if status is not None and 200 <= status < 300:
        return Decision(verdict=Verdict.DELIVERED)
    refused = status is not None and 400 <= status < 500 and status not in _LATER
    waits = REFUSED_WAITS if refused else WAITS
    if attempt > len(waits):
        return Decision(verdict=Verdict.FAILED, gone=status == GONE)
    wait = timedelta(seconds=waits[attempt - 1] * (1 + JITTER * random.random()))
    if retry_after is not None and status in _SAYS_WHEN:
        wait = max(wait, min(retry_after, MOST_RETRY_AFTER))
    return Decision(verdict=Verdict.RETRY, wait=wait, gone=status == GONE)


def rest(failures: int, random: Random) -> timedelta | None:
    """How long an endpoint rests after so many failures in a row; None: it goes on."""
    if failures < TRIP:
        return None
    doubled = REST * 2 ** min(failures - TRIP, 10)
    pause: timedelta = min(doubled, MOST_REST) * (1 + JITTER * random.random())
    return pause


def retry_after(value: str | None, now: datetime) -> timedelta | None:
    """The header Retry-After: seconds, or a date (RFC 9110 §10.2.3)."""
    if value is None:
        return None
    if value.isascii() and value.isdigit():
        return timedelta(seconds=min(int(value[:9]), 10**8))
    try:
        at = parsedate_to_datetime(value)
    except ValueError:
        return None
    return max(timedelta(0), at - now) if at.tzinfo is not None else None
