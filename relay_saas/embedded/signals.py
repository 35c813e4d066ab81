"""Being asked to stop: Ctrl-C, TERM, a closed terminal, or the end of the make that started us."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def noticed() -> Iterator[Callable[[], bool]]:
    """Yields a question: were we asked to stop? The handlers stay until everything is stopped.

    Set explicitly, because what a script starts in the background inherits an ignored SIGINT; an ignored
    SIGHUP is the wish of nohup, and stays.
    """
    asked: list[int] = []
    parent = os.getppid() if "MAKELEVEL" in os.environ else None
    heard = [number for number in STOPPING if not _stays_ignored(number)]
    before = {number: signal.signal(number, lambda got, _frame: asked.append(got)) for number in heard}
    try:
        yield lambda: bool(asked) or (parent is not None and os.getppid() != parent)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _stays_ignored(number: signal.Signals) -> bool:
    return number is signal.SIGHUP and signal.getsignal(number) is signal.SIG_IGN
