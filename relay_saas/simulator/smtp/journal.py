"""The receivers' log: messages and lines are on disk, group-committed, before any 250 is said."""

import asyncio
import json
import logging
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

LOG = logging.getLogger(__name__)
PREFIX_BYTES = 8
NOTE_FLUSH_SECONDS = 0.2
#: Written with a little delay: refusals, opened DATAs, sessions.
NOTES = ("refused", "data", "sessions")
Done = Callable[[bool], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One message to be kept: its bytes, and the lines about it, one per recipient."""

    content: bytes
    lines: tuple[dict[str, Any], ...]
    done: Done


class Journal:
    """The files of one SMTP process: received-n.log, messages-n.mbox, and the notes."""

    def __init__(self, folder: Path, number: int) -> None:
        self._received_path = folder / f"received-{number}.log"
        self._messages_path = folder / f"messages-{number}.mbox"
        self._end = _recover(self._received_path, self._messages_path)
        self._received = self._received_path.open("ab", buffering=0)
        self._messages = self._messages_path.open("ab", buffering=0)
        self._notes = {kind: (folder / f"{kind}-{number}.log").open("ab", buffering=0) for kind in NOTES}
        self._note_lines: dict[str, list[dict[str, Any]]] = {kind: [] for kind in self._notes}
        self._pending: list[Entry] = []
        self._busy = False
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="journal")

    def note(self, kind: str, line: dict[str, Any]) -> None:
        """Keep a line of one of NOTES; it is written within a fraction of a second."""
        self._note_lines[kind].append(line)

    def keep(self, entry: Entry) -> None:
        """Store a message; `entry.done` is called with True once it is on disk, with False if that failed."""
        self._pending.append(entry)
        if not self._busy:
            self._start()

    def _start(self) -> None:
        self._busy = True
        batch, self._pending = self._pending, []
        future = asyncio.get_running_loop().run_in_executor(self._pool, self._write, batch)
        future.add_done_callback(lambda result: self._finish(batch, result))

    def _finish(self, batch: list[Entry], result: "asyncio.Future[None]") -> None:
        error = result.exception()
        if error is not None:
            LOG.error("messages could not be stored", exc_info=error)
        self._busy = False
        for entry in batch:
            entry.done(error is None)
        if self._pending and not self._busy:
            self._start()

    def _write(self, batch: list[Entry]) -> None:
        """Runs in the journal's thread: the messages first, then the lines that point to them."""
        chunks: list[bytes] = []
        lines: list[bytes] = []
        end = self._end
        for entry in batch:
            size = len(entry.content)
            chunks += (size.to_bytes(PREFIX_BYTES), entry.content)
            digest = sha256(entry.content).hexdigest()
            place = {"size": size, "offset": end + PREFIX_BYTES, "sha256": digest}
            lines += (_line({**line, **place}) for line in entry.lines)
            end += PREFIX_BYTES + size
        received_end = os.fstat(self._received.fileno()).st_size
        try:
            _append(self._messages.fileno(), b"".join(chunks))
            _append(self._received.fileno(), b"".join(lines))
        except OSError:
            os.ftruncate(self._messages.fileno(), self._end)
            os.ftruncate(self._received.fileno(), received_end)
            raise
        self._end = end

    def flush_notes(self) -> None:
        """Write the notes."""
        for kind, lines in self._note_lines.items():
            if lines:
                self._notes[kind].write(b"".join(map(_line, lines)))
                lines.clear()

    async def flush_notes_forever(self) -> None:
        """Write the notes every fraction of a second, until cancelled."""
        while True:
            await asyncio.sleep(NOTE_FLUSH_SECONDS)
            self.flush_notes()

    def close(self) -> None:
        """Finish what is being written."""
        self._pool.shutdown(wait=True)
        self.flush_notes()


def _append(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]
    os.fdatasync(descriptor)


def _line(values: dict[str, Any]) -> bytes:
    return json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace") + b"\n"


def _recover(received: Path, messages: Path) -> int:
    """Cut torn ends that a kill left behind; returns where the next message begins."""
    if not received.exists():
        messages.write_bytes(b"")
        return 0
    with received.open("r+b") as file:
        data = file.read()
        whole = data.rfind(b"\n") + 1
        file.truncate(whole)
    last = data[:whole].rstrip(b"\n").rpartition(b"\n")[2]
    end: int = 0
    if last:
        entry = json.loads(last)
        end = entry["offset"] + entry["size"]
    with messages.open("r+b") as file:
        file.truncate(end)
    return end
