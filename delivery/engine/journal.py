"""A run's own file: what is about to be written to the wire is on disk before, what was answered right after.

A record is a fixed head (kind, tenant, message, attempt, fence, length), a body and a CRC. S precedes a final
dot and is on disk before it (fdatasync, one for all that wait); R carries the outcome; B takes an S back: no
dot was written. The file is locked (flock) as long as its run lives: who gets the lock knows that it is dead.
"""

import asyncio
import fcntl
import os
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self
from uuid import UUID

from delivery.engine.job import Job, Record, from_json, to_json

_HEAD = struct.Struct(">c16s16sHiI")
_CRC = struct.Struct(">I")
#: Body of S: Date header (seconds since 1970), source, provider.
_SENT = struct.Struct(">dii")
#: Seconds that a sync waits for company.
_GATHER = 0.003


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """An S record."""

    tenant_id: UUID
    message_id: UUID
    number: int
    fence: int
    dated_at: float
    source_id: int
    provider_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Entries:
    """What a journal says, after its own corrections."""

    #: Final dots that may have been written and have no answer here, by message.
    unanswered: dict[UUID, Sent] = field(default_factory=dict)
    #: Outcomes, perhaps not in the ledger yet.
    answered: list[Record] = field(default_factory=list)


class Journal:
    """The journal of a run that lives; `with Journal(path) as journal`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = -1
        #: Records of this turn of the event loop: one write takes them all.
        self._buffer: list[bytes] = []
        self._waiting: list[asyncio.Future[None]] = []
        self._syncer: asyncio.Task[None] | None = None
        #: Why nothing more can be kept.
        self._failure: OSError | None = None

    def __enter__(self) -> Self:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC
        self._file = os.open(self.path, flags, 0o600)
        fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # Else a power cut could take the file's name with it.
        folder = os.open(self.path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._write()
        finally:
            os.close(self._file)

    async def about_to_send(self, job: Job, *, dated_at: float, source_id: int) -> None:
        """Returns when the S record is on disk; raises OSError where that cannot be."""
        self._append(b"S", job, _SENT.pack(dated_at, source_id, job.provider_id))
        synced = asyncio.get_running_loop().create_future()
        self._waiting.append(synced)
        if self._syncer is None or self._syncer.done():
            self._syncer = asyncio.create_task(self._sync())
        await synced

    def answered(self, job: Job, record: Record) -> None:
        """Keeps an outcome until it is in the ledger; outlives us within a turn of the event loop, the
        machine at the next sync. Raises OSError where nothing can be kept any more."""
        self._append(b"R", job, to_json(record))

    def not_sent(self, job: Job) -> None:
        """Takes the S record back: the dot was not written after all."""
        self._append(b"B", job, b"")

    def _append(self, kind: bytes, job: Job, body: bytes) -> None:
        if self._failure is not None:
            raise self._failure
        head = _HEAD.pack(kind, job.tenant_id.bytes, job.message_id.bytes, job.number, job.fence, len(body))
        record = head + body
        if not self._buffer:
            asyncio.get_running_loop().call_soon(self._write)
        self._buffer.append(record + _CRC.pack(zlib.crc32(record)))

    def _write(self) -> None:
        """Hands the buffer to the system; a failure is told to whoever comes next."""
        if not self._buffer:
            return
        data = b"".join(self._buffer)
        self._buffer.clear()
        try:
            written = os.write(self._file, data)
        except OSError as error:
            self._failure = error
        else:
            if written != len(data):
                self._failure = OSError("the journal took only a part of its records")

    async def _sync(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            await asyncio.sleep(_GATHER)
            waiting, self._waiting = self._waiting, []
            self._write()
            try:
                if self._failure is not None:
                    raise self._failure
                await loop.run_in_executor(None, os.fdatasync, self._file)
            except OSError as error:
                for synced in waiting:
                    if not synced.done():
                        synced.set_exception(error)
            else:
                for synced in waiting:
                    if not synced.done():
                        synced.set_result(None)


def remove(path: Path) -> None:
    """Ends a journal whose run is settled."""
    path.unlink(missing_ok=True)


@contextmanager
def claimed(path: Path) -> Iterator[bool]:
    """Whether the run of this journal is dead; the lock is held inside. Raises FileNotFoundError."""
    file = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    try:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(file)


def read(path: Path) -> Entries:
    """The journal's entries; a record that was cut off or damaged ends it. Raises FileNotFoundError."""
    entries = Entries()
    for kind, sent, body in _records(path.read_bytes()):
        if kind == b"S":
            dated_at, source_id, provider_id = _SENT.unpack(body)
            tenant_id, message_id, number, fence = sent
            entries.unanswered[message_id] = Sent(
                tenant_id=tenant_id,
                message_id=message_id,
                number=number,
                fence=fence,
                dated_at=dated_at,
                source_id=source_id,
                provider_id=provider_id,
            )
        else:
            entries.unanswered.pop(sent[1], None)
            if kind == b"R":
                entries.answered.append(from_json(body))
    return entries


def _records(data: bytes) -> Iterator[tuple[bytes, tuple[UUID, UUID, int, int], bytes]]:
    position = 0
    while position + _HEAD.size <= len(data):
        kind, tenant, message, number, fence, length = _HEAD.unpack_from(data, position)
        end = position + _HEAD.size + length
        record = data[position:end]
        if end + _CRC.size > len(data) or _CRC.unpack_from(data, end)[0] != zlib.crc32(record):
            return
        yield kind, (UUID(bytes=tenant), UUID(bytes=message), number, fence), record[_HEAD.size :]
        position = end + _CRC.size
