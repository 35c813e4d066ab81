"""Ends campaigns that have nothing left to do, and sweeps launches whose event was lost."""

from typing import Final
from uuid import UUID

from django.db import connection
from django.utils import timezone

from accounts.tenancy import tenant_scope
from campaigns.models import Campaign
from delivery.services.expand import write_messages

#: A lane that is gone cannot be claimed from; entries refer to lanes without a foreign key. Of what waits one
#: is looked for, and what is leased is little: a join would read the queues of all others.
_DROP_LANES: Final = """
delete from delivery_lane l where l.tenant_id = %(tenant)s and l.campaign_id = %(campaign)s
and not exists (select from delivery_queueentry q where q.lane_id = l.id and q.run_id is null)
and not exists (select from delivery_queueentry q where q.lane_id = l.id and q.run_id is not null)
"""


def _pairs(function: str) -> list[tuple[UUID, int]]:
    with connection.cursor() as cursor:
        cursor.execute(f"select tenant_id, campaign_id from {function}()")  # noqa: S608 - our own two names
        return list(cursor.fetchall())


def launches_to_write() -> list[tuple[UUID, int]]:
    """Tenant and campaign of every launch that has no messages yet."""
    return _pairs("launches_to_write")


def write_waiting_launches() -> int:
    """Writes the messages of launches whose event was lost; returns how many there were."""
    waiting = launches_to_write()
    for tenant_id, campaign_id in waiting:
        write_messages(tenant_id=tenant_id, campaign_id=campaign_id)
    return len(waiting)


def finish_campaigns() -> int:
    """Marks every campaign without open entries as sent (a cancelled one stays that); returns the number."""
    waiting = _pairs("campaigns_to_finish")
    for tenant_id, campaign_id in waiting:
        finish_campaign(tenant_id=tenant_id, campaign_id=campaign_id)
    return len(waiting)


def finish_campaign(*, tenant_id: UUID, campaign_id: int) -> bool:
    """Ends one campaign by compare-and-set; False where it was ended already."""
    now = timezone.now()
    with tenant_scope(tenant_id):
        open_states = [Campaign.State.SENDING, Campaign.State.PAUSED]
        rows = Campaign.objects.filter(pk=campaign_id, finished_at=None)
        ended = rows.filter(state__in=open_states).update(state=Campaign.State.SENT, finished_at=now)
        ended += rows.filter(state=Campaign.State.CANCELLED).update(finished_at=now)
        if ended:
            with connection.cursor() as cursor:
                cursor.execute(_DROP_LANES, {"tenant": tenant_id, "campaign": campaign_id})
    return ended > 0
