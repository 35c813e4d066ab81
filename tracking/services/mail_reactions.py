"""Complaints and opt-outs that came by mail, as engagements: each once, with the sums."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Final
from uuid import UUID

from django.db import connection

from accounts.tenancy import tenant_scope
from delivery.services.reactions import take_untold, untold
from tracking.models import Engagement
from tracking.services.record import RECORD_SQL, Engaged, record_parameters

_KINDS: Final = {"complaint": Engagement.Kind.COMPLAINED, "unsubscribe": Engagement.Kind.UNSUBSCRIBED}


def record_mail(*, tenant_id: UUID, inbound_ids: Sequence[int]) -> int:
    """Writes what these mails say and was not written yet; returns how many."""
    with tenant_scope(tenant_id):
        batch = [
            Engaged(message_id=one.message_id, kind=_KINDS[one.kind], at=one.at, reason="mail")
            for one in take_untold(tenant_id=tenant_id, inbound_ids=inbound_ids)
        ]
        if batch:
            with connection.cursor() as cursor:
                cursor.execute(RECORD_SQL, record_parameters(tenant_id, batch))
    return len(batch)


def record_missed_mail() -> int:
    """Writes what no event told of; returns how many."""
    by_tenant: dict[UUID, list[int]] = defaultdict(list)
    for tenant_id, inbound_id in untold():
        by_tenant[tenant_id].append(inbound_id)
    return sum(record_mail(tenant_id=tenant_id, inbound_ids=ids) for tenant_id, ids in by_tenant.items())
