"""A child never outlives its parent: the kernel ends it (prctl), and it waits for TERM alone."""

import asyncio
import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def die_with(parent: int) -> None:
    """Ask the kernel to kill this process when its parent ends; leave at once if it has already."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        sys.exit(0)
    # Ctrl-C reaches the whole group; the parent alone decides in which order to stop.
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def say_ready(descriptor: int) -> None:
    """Tell the parent that this process listens."""
    os.write(descriptor, b"1")
    os.close(descriptor)


async def until_terminated() -> None:
    """Wait for TERM."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await stop.wait()
