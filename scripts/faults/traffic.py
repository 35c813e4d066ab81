"""A program that uses the mail API without a break, and how long it ever had to wait for an answer."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPException

from scripts.product_run.api import Api

PAUSE = 0.1


@dataclass(slots=True, kw_only=True)
class Traffic:
    """Asks for one submission over and over; filled in by a thread of its own."""

    api: Api
    submission: str
    answered: int = 0
    #: Answers of 500 and above, and answers that broke off.
    errors: list[str] = field(default_factory=list)
    #: Seconds from one good answer to the next, where nobody listened in between.
    gaps: list[float] = field(default_factory=list)
    _ended: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Until it is ended."""
        last = time.monotonic()
        away = False
        while not self._ended.wait(PAUSE):
            try:
                self.api.status(self.submission)
            except OSError as error:
                if not isinstance(getattr(error, "reason", error), ConnectionRefusedError):
                    self.errors.append(repr(error))
                away = True
                continue
            except (HTTPException, KeyError, ValueError) as error:
                self.errors.append(repr(error))
                continue
            self.answered += 1
            if away:
                self.gaps.append(time.monotonic() - last)
            last, away = time.monotonic(), False

    def end(self) -> None:
        """No more."""
        self._ended.set()


@contextmanager
def traffic(api: Api, submission: str) -> Iterator[Traffic]:
    """Runs beside the block."""
    flow = Traffic(api=api, submission=submission)
    thread = threading.Thread(target=flow.run, name="traffic", daemon=True)
    thread.start()
    try:
        yield flow
    finally:
        flow.end()
        thread.join(timeout=60)
