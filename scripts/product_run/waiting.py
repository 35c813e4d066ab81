"""Waiting for a condition instead of for a time."""

import time
from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")


class Missing(AssertionError):
    """Something that had to be was not."""


def must(found: object, what: object) -> None:
    """Raises Missing, which says `what`, unless it was found."""
    if not found:
        raise Missing(str(what))


def until(condition: Callable[[], Found], *, seconds: float = 60.0, what: str = "the condition") -> Found:
    """The first true answer of `condition`; raises Missing after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        found = condition()
        if found:
            return found
        must(time.monotonic() < deadline, f"{what} did not come true in {seconds} s")
        time.sleep(0.02)
