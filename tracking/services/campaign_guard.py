"""Pauses a campaign that bounces or is complained about too often, before it costs the sender's reputation.

Each limit stops a campaign once: whoever resumes it has seen why, and it goes on to its end.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import structlog
from django.db import connection

from accounts.audit import Actor
from accounts.tenancy import tenant_scope
from campaigns.exceptions import CampaignError
from campaigns.models import Campaign
from campaigns.services import control
from relay_saas.web.errors import NotFound

LOG = structlog.get_logger(__name__)

ACTOR: Final = Actor(name="guard")
#: Percent of what was settled, and of what was delivered; what providers ask for at least.
MOST_BOUNCED: Final = 5.0
MOST_COMPLAINED: Final = 0.3
#: Fewer messages, or fewer of a kind, say nothing.
LEAST_SETTLED: Final = 200
LEAST_OF_A_KIND: Final[Mapping[str, int]] = {"bounced": 10, "complained": 3}


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What came of a campaign so far."""

    delivered: int
    bounced: int
    complained: int

    @property
    def bounce_rate(self) -> float:
        """In percent of what was delivered or bounced."""
        return 100 * self.bounced / max(1, self.delivered + self.bounced)

    @property
    def complaint_rate(self) -> float:
        """In percent of what was delivered."""
        return 100 * self.complained / max(1, self.delivered)

    def beyond(self) -> list[str]:
        """The limits that it is beyond."""
        if self.delivered + self.bounced < LEAST_SETTLED:
            return []
        found = []
        if self.bounced >= LEAST_OF_A_KIND["bounced"] and self.bounce_rate >= MOST_BOUNCED:
            found.append("bounced")
        if self.complained >= LEAST_OF_A_KIND["complained"] and self.complaint_rate >= MOST_COMPLAINED:
            found.append("complained")
        return found


def watch() -> list[int]:
    """Pauses every sending campaign that is beyond a limit for the first time; returns which."""
    with connection.cursor() as cursor:
        cursor.execute("select * from campaigns_to_guard(%s)", [LEAST_SETTLED])
        rows: list[tuple[UUID, int, list[str], int, int, int]] = cursor.fetchall()
    paused = []
    for tenant_id, campaign_id, guards, delivered, bounced, complained in rows:
        standing = Standing(delivered=delivered, bounced=bounced, complained=complained)
        reasons = [one for one in standing.beyond() if one not in guards]
        if reasons and _pause(tenant_id, campaign_id, reasons[0], [*guards, *reasons]):
            paused.append(campaign_id)
    return paused


def _pause(tenant_id: UUID, campaign_id: int, reason: str, guards: list[str]) -> bool:
    try:
        with tenant_scope(tenant_id):
            control.pause(tenant_id=tenant_id, campaign_id=campaign_id, actor=ACTOR)
            Campaign.objects.filter(pk=campaign_id).update(stopped_for=reason, guards=guards)
    except (CampaignError, NotFound):
        # It came to its end, or somebody was quicker.
        return False
    LOG.warning("a campaign was paused", tenant=str(tenant_id), campaign=campaign_id, reason=reason)
    return True
