"""One supervisor a data folder: a lock that the kernel lets go when its last holder ends."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from relay_saas.embedded.exceptions import AlreadyRunning

PAUSE = 0.05
# What a killed supervisor's guardian may need to stop everything.
PATIENCE = 60.0


@contextmanager
def hold(path: Path) -> Iterator[int]:
    """Hold the lock at `path`; yields its file descriptor. Raises AlreadyRunning while its holder lives.

    After a kill its guardian holds the lock until it has stopped the processes: that is awaited.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _acquire(descriptor, path)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        yield descriptor
    finally:
        os.close(descriptor)


def is_held(path: Path) -> bool:
    """Whether a supervisor (or its guardian) holds the lock."""
    if not path.exists():
        return False
    with path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _acquire(descriptor: int, path: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(descriptor, 20, 0).decode() or "?"
            if time.monotonic() > deadline or _lives(holder):
                raise AlreadyRunning(f"already running: process {holder} holds {path.parent}") from None
            time.sleep(PAUSE)
        else:
            return


def _lives(holder: str) -> bool:
    try:
        return psutil.Process(int(holder)).status() != psutil.STATUS_ZOMBIE
    except (ValueError, psutil.NoSuchProcess):
        return False
