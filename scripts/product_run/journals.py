"""Reads journals of queue runs, apart from the product's reader: the witness of which final dots may have
been written and were not answered (the format stands in delivery/engine/journal.py)."""

import os
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self
from uuid import UUID

HEAD = struct.Struct(">c16s16sHiI")
CRC_BYTES = 4


@dataclass(slots=True)
class Witness:
    """Holds a journal open, so that it can be read even after its run is dead and its file is gone."""

    path: Path
    _file: int = -1

    def __enter__(self) -> Self:
        self._file = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._file)

    def unanswered(self) -> set[str]:
        """The messages whose S record has neither an answer (R) nor a withdrawal (B) after it."""
        return unanswered(os.pread(self._file, os.fstat(self._file).st_size, 0))


def unanswered(data: bytes) -> set[str]:
    """The same of a journal's bytes; a torn record ends them."""
    waiting: set[str] = set()
    at = 0
    while at + HEAD.size <= len(data):
        kind, _tenant, message, _number, _fence, length = HEAD.unpack_from(data, at)
        end = at + HEAD.size + length
        if data[end : end + CRC_BYTES] != zlib.crc32(data[at:end]).to_bytes(CRC_BYTES):
            break
        identity = str(UUID(bytes=message))
        if kind == b"S":
            waiting.add(identity)
        else:
            waiting.discard(identity)
        at = end + CRC_BYTES
    return waiting
