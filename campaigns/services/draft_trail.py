"""The audit trail of drafts: a draft saves itself every few seconds, and the trail must stay readable."""

from datetime import timedelta
from typing import Final

from django.utils import timezone

from accounts import audit
from accounts.audit import Actor
from accounts.models import AuditEvent
from campaigns.models import Campaign

#: Saves of one person with nothing in between are one deed for so long.
STRETCH: Final = timedelta(minutes=10)


def record_start(campaign: Campaign, actor: Actor) -> None:
    """Somebody began a campaign."""
    audit.record(tenant_id=campaign.tenant_id, actor=actor, verb="created", subject=campaign)


def record_change(campaign: Campaign, actor: Actor, fields: list[str]) -> None:
    """Somebody saved `fields`; one event for each stretch of work in which the same ones change."""
    last = AuditEvent.objects.order_by("-pk").first()
    changes: dict[str, object] = {"fields": fields}
    here = (campaign._meta.model_name, str(campaign.pk), "changed", actor.name, actor.user_id)
    if (
        last is not None
        and here == (last.object_type, last.object_id, last.verb, last.actor, last.user_id)
        and last.at > timezone.now() - STRETCH
        and set(fields) <= set(last.changes.get("fields", ()))
    ):
        return
    audit.record(tenant_id=campaign.tenant_id, actor=actor, verb="changed", subject=campaign, changes=changes)
