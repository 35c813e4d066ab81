"""Counts addresses that are nobody's: forged tokens tell of an attack, strangers of a spammer's list."""

from dataclasses import dataclass, field
from typing import Final

from django.db import connection

from delivery.models import InboundRefusal

_COUNT: Final = """
insert into delivery_inboundrefusal as r (day, reason, n, peer, rcpt, last_at)
values ((now() at time zone 'UTC')::date, %(reason)s, %(n)s, %(peer)s, %(rcpt)s, now())
on conflict (day, reason) do update
set n = r.n + excluded.n, peer = excluded.peer, rcpt = excluded.rcpt, last_at = now()
"""
_ADDRESS: Final = 320


@dataclass(slots=True)
class Refusals:
    """Counted in memory and written now and then, so that a flood of them writes nothing."""

    _waiting: dict[InboundRefusal.Reason, tuple[int, str, str]] = field(default_factory=dict)

    def count(self, reason: InboundRefusal.Reason, *, peer: str, rcpt: str) -> None:
        """One more; the last peer and address are kept."""
        shown = "".join(character for character in rcpt[:_ADDRESS] if character.isprintable())
        self._waiting[reason] = (self._waiting.get(reason, (0,))[0] + 1, peer, shown)

    def write(self) -> None:
        """Adds what was counted to the day's row."""
        waiting, self._waiting = self._waiting, {}
        with connection.cursor() as cursor:
            for reason, (n, peer, rcpt) in waiting.items():
                cursor.execute(_COUNT, {"reason": str(reason.value), "n": n, "peer": peer, "rcpt": rcpt})
