"""How long the engine's own claims took, by the log of the database that answered them."""

import re
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import psycopg

from relay_saas.embedded import postgres
from scripts.bench.stand import Stand

#: Text without parameters, which would be longer than everything else.
_ON: Final = (
    "alter role relay_dispatch set log_min_duration_statement = 0",
    "alter role relay_dispatch set log_parameter_max_length = 0",
)
_OFF: Final = "alter role relay_dispatch reset all"
_ENTRY: Final = re.compile(
    rb"^[\d-]+ [\d:.]+ \w+ \[(\d+)\] LOG:  duration: ([\d.]+) ms  (parse|bind|execute|statement)",
    re.MULTILINE,
)
#: How a claim begins; moves of routing take rows past those that others have locked, too.
_CLAIM: Final = b"with due as materialized"


@dataclass(slots=True)
class Claims:
    """Milliseconds of each claim, planning included; filled when the block of `logged` ends."""

    ms: list[float] = field(default_factory=list)

    def quantile(self, share: float) -> float:
        """E.g. 0.95; 0 where there was none."""
        ordered = sorted(self.ms)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0


@contextmanager
def logged(stand: Stand) -> Iterator[Claims]:
    """Lets PostgreSQL log how long the statements of workers that start inside the block take."""
    address = postgres.url(postgres.SUPERUSER, postgres.DATABASE, stand.supervisor.data.sockets())
    log = stand.supervisor.data.log("postgres")
    found, begin = Claims(), log.stat().st_size
    with psycopg.connect(address, autocommit=True) as connection:
        for statement in _ON:
            connection.execute(statement)
        try:
            yield found
        finally:
            connection.execute(_OFF)
            found.ms.extend(_claims(log, begin))


def _claims(log: Path, begin: int) -> Iterator[float]:
    """Parse, bind (where a plan is made) and execute of one statement are three entries of one backend."""
    with log.open("rb") as file:
        file.seek(begin)
        text = file.read()
    entries = list(_ENTRY.finditer(text))
    ends = [entry.start() for entry in entries[1:]] + [len(text)]
    waiting: dict[bytes, float] = defaultdict(float)
    for entry, end in zip(entries, ends, strict=True):
        if _CLAIM not in text[entry.end() : end]:
            continue
        backend, ms, kind = entry.group(1), float(entry.group(2)), entry.group(3)
        waiting[backend] += ms
        if kind in {b"execute", b"statement"}:
            yield waiting.pop(backend)
