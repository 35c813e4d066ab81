"""The flag that ends claiming in every process of a worker: set by the parent, read by its children; and the
end of tasks."""

import asyncio
import mmap
import signal
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any, Final

#: Shared memory: Celery's children are forked after this module is loaded, and their parent's TERM does not
#: reach a task that runs.
_FLAG: Final = mmap.mmap(-1, 1)
#: Seconds until what has not ended is cancelled once more.
_AGAIN: Final = 1.0


def request_stop() -> None:
    """Claiming ends within a second, in this process and in those that it has forked."""
    _FLAG[0] = 1


def stop_requested() -> bool:
    """Whether to end."""
    return _FLAG[0] == 1


async def end(tasks: Collection["asyncio.Task[Any]"]) -> None:
    """Cancels until all have ended. A pool waits by `asyncio.wait_for`, and that of Python 3.11 drops a
    cancellation that comes together with its result (bpo-37658)."""
    while left := [task for task in tasks if not task.done()]:
        for task in left:
            task.cancel()
        await asyncio.wait(left, timeout=_AGAIN)


@contextmanager
def stopped_by_signals() -> Iterator[None]:
    """Lets TERM and INT request a stop of the running event loop's process, instead of killing it."""
    loop = asyncio.get_running_loop()
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    for number in before:
        loop.add_signal_handler(number, request_stop)
    try:
        yield
    finally:
        for number, handler in before.items():
            loop.remove_signal_handler(number)
            signal.signal(number, handler)
