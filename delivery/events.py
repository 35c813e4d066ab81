"""The facts that delivery announces, after commit, with ids and plain values; a receiver only enqueues."""

from collections.abc import Collection
from functools import partial
from typing import Final
from uuid import UUID

from django.db import transaction
from django.dispatch import Signal

SENDER: Final = "delivery"

#: `tenant_id`, `inbound_ids`: people complained or unsubscribed by mail, and it was acted on.
people_wrote = Signal()

#: `tenant_id`, `inbound_ids`: reports of receivers came, and nobody has read them yet.
reports_came = Signal()

#: `pools`: mail came that may go out at once from the addresses of these pools.
mail_accepted = Signal()


def announce_accepted(*, pools: Collection[int]) -> None:
    """Sends `mail_accepted` once the outermost transaction has committed."""
    send = partial(mail_accepted.send_robust, sender=SENDER, pools=pools)
    transaction.on_commit(send, robust=True)


def announce_reports(*, tenant_id: UUID, inbound_ids: list[int]) -> None:
    """Sends `reports_came` once the outermost transaction has committed."""
    send = partial(reports_came.send_robust, sender=SENDER, tenant_id=tenant_id, inbound_ids=inbound_ids)
    transaction.on_commit(send, robust=True)


def announce_mail(*, tenant_id: UUID, inbound_ids: list[int]) -> None:
    """Sends `people_wrote` once the outermost transaction has committed."""
    send = partial(people_wrote.send_robust, sender=SENDER, tenant_id=tenant_id, inbound_ids=inbound_ids)
    transaction.on_commit(send, robust=True)
