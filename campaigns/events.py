"""The facts that campaigns announces, after commit, with ids and plain values; a receiver only enqueues."""

from functools import partial
from typing import Final
from uuid import UUID

from django.db import transaction
from django.dispatch import Signal

SENDER: Final = "campaigns"

#: `tenant_id`, `campaign_id`: the content is frozen and the campaign waits for its messages.
launch_requested = Signal()
#: `tenant_id`, `campaign_id`: nothing more may be sent for now.
campaign_paused = Signal()
#: `tenant_id`, `campaign_id`: it goes on.
campaign_resumed = Signal()
#: `tenant_id`, `campaign_id`: what still waits will not be sent.
campaign_cancelled = Signal()


def announce(signal: Signal, *, tenant_id: UUID, campaign_id: int) -> None:
    """Sends `signal` once the outermost transaction has committed; a failing receiver fails nobody else."""
    send = partial(signal.send_robust, sender=SENDER, tenant_id=tenant_id, campaign_id=campaign_id)
    transaction.on_commit(send, robust=True)
