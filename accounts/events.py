"""The facts that accounts announces, after commit, with ids and plain values; a receiver only enqueues."""

from functools import partial
from typing import Final
from uuid import UUID

from django.db import transaction
from django.dispatch import Signal

SENDER: Final = "accounts"

#: `tenant_id`, `domain_id`, `name`: its records are right for the first time; mail may leave from it.
domain_verified = Signal()
#: The same, and `records` (names of those that are missing or different): still sending, not for long.
domain_drifting = Signal()
#: The same as `domain_drifting`: nothing leaves from it until its records are right again.
domain_paused = Signal()
#: `tenant_id`, `domain_id`, `name`: its records are right again, and it sends again.
domain_mended = Signal()
#: `tenant_id`, `domain_id`, `name`, `signing` and `withdrawn` (selectors): its keys have changed.
domain_keys_changed = Signal()


def announce_domain(
    signal: Signal, *, tenant_id: UUID, domain_id: int, name: str, **facts: list[str]
) -> None:
    """Sends `signal` once the outermost transaction has committed; a failing receiver fails nobody else."""
    send = partial(
        signal.send_robust, sender=SENDER, tenant_id=tenant_id, domain_id=domain_id, name=name, **facts
    )
    transaction.on_commit(send, robust=True)
