"""Takes a message off the wire: DATA up to CRLF.CRLF and nothing else that looks like it, and BDAT."""

import asyncio
from collections.abc import Callable
from typing import Final

#: More than a reader ever holds, so that one read empties it.
_ALL: Final = 1 << 24
_END: Final = b"\r\n.\r\n"


class Lost(Exception):
    """The client is gone, or sent without end."""


class Inflow:
    """Octets on their way in, counted against what one message and all messages may take.

    What is too much is read on and dropped: the client gets an answer, and the memory stays free.
    """

    def __init__(self, *, most: int, room: Callable[[int], bool], release: Callable[[int], None]) -> None:
        """`room(n)` takes n octets of the common store or says no; `release(n)` gives them back."""
        self._most = most
        self._room = room
        self._release = release
        self._kept = bytearray()
        self._reserved = 0
        self.dropped = False
        #: No room, as opposed to too large.
        self.crowded = False

    def add(self, octets: bytes) -> None:
        """Keeps them, if they may be kept."""
        if self.dropped:
            return
        if len(self._kept) + len(octets) > self._most:
            self.drop()
        elif not self._room(len(octets)):
            self.crowded = True
            self.drop()
        else:
            self._reserved += len(octets)
            self._kept += octets

    def drop(self) -> None:
        """Keeps nothing of it from now on."""
        self.dropped = True
        self._kept.clear()
        self.close()

    def take(self) -> bytes:
        """What was kept."""
        return bytes(self._kept)

    @property
    def size(self) -> int:
        """Octets so far."""
        return len(self._kept)

    def close(self) -> None:
        """Gives back its place."""
        self._release(self._reserved)
        self._reserved = 0


async def read_data(
    reader: asyncio.StreamReader, inflow: Inflow, *, most: int, beat: Callable[[], None]
) -> None:
    """Reads up to the final dot into `inflow`, dots unstuffed; what follows stays for the next command.

    `most` octets without an end are too many. Raises Lost.
    """
    # The line end of the DATA command counts: a message may be a dot alone.
    tail = b"\r\n"
    first, total = True, 0
    while True:
        chunk = await reader.read(_ALL)
        if not chunk:
            raise Lost
        beat()
        total += len(chunk)
        if total > most:
            raise Lost
        data = tail + chunk
        end = data.find(_END)
        if end >= 0:
            rest = data[end + len(_END) :]
            if rest and not reader.at_eof():
                reader.feed_data(rest)
            _add(inflow, data[: end + 2], first=first)
            return
        # Enough is held back that an end, or a dot to be unstuffed, is never cut in two.
        keep = _held(data)
        _add(inflow, data[: len(data) - keep], first=first)
        first = first and len(data) - keep < 2
        tail = data[len(data) - keep :]


def _held(data: bytes) -> int:
    """How many octets at the end could begin an end of data."""
    for length in range(min(4, len(data)), 0, -1):
        if _END.startswith(data[-length:]):
            return length
    return 0


def _add(inflow: Inflow, data: bytes, *, first: bool) -> None:
    unstuffed = data.replace(b"\r\n.", b"\r\n")
    inflow.add(unstuffed[2:] if first else unstuffed)


async def read_chunk(
    reader: asyncio.StreamReader, inflow: Inflow, size: int, beat: Callable[[], None]
) -> None:
    """Reads `size` octets as they are (RFC 3030). Raises Lost."""
    while size:
        chunk = await reader.read(min(size, 65536))
        if not chunk:
            raise Lost
        beat()
        size -= len(chunk)
        inflow.add(chunk)
