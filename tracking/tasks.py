"""What Celery runs of tracking: ids in, one service, safe to repeat."""

from typing import Any, Final
from uuid import UUID

from celery import shared_task
from django.conf import settings

from delivery.engine.stopping import stop_requested
from tracking.courier.config import from_settings
from tracking.courier.process import forget_old, run_once, work_waits
from tracking.services import campaign_guard, dmarc_reports, facts, mail_reactions, webhook_post

#: A bell that nobody heard for so long is rung again anyway.
BELL_SECONDS: Final = 10


@shared_task
def record_mail(tenant_id: str, inbound_ids: list[int]) -> None:
    """Complaints and opt-outs that came by mail."""
    mail_reactions.record_mail(tenant_id=UUID(tenant_id), inbound_ids=inbound_ids)


@shared_task
def record_missed_mail() -> None:
    """The same where the event was lost."""
    mail_reactions.record_missed_mail()
    dmarc_reports.record_missed_reports()


@shared_task
def note_fact(tenant_id: str, event_id: str, event_type: str, data: dict[str, Any]) -> None:
    """A fact that another app announced, in the feed of events; repeated, it has the same id."""
    facts.note_fact(tenant_id=UUID(tenant_id), event_id=UUID(event_id), event_type=event_type, data=data)


@shared_task(acks_late=False)
def run_webhooks() -> None:
    """One run of the courier; rings for the next one while there is work."""
    if not stop_requested() and run_once(from_settings()) and not stop_requested():
        run_webhooks.apply_async(expires=BELL_SECONDS)


@shared_task(acks_late=False)
def start_webhook_runs() -> None:
    """Rings where calls are due or events wait for a listener."""
    if work_waits(from_settings()):
        run_webhooks.apply_async(expires=BELL_SECONDS)


@shared_task
def tell_of_webhooks() -> None:
    """Mail about endpoints that were disabled."""
    webhook_post.tell_of_disabled()


@shared_task(acks_late=False)
def forget_old_events() -> None:
    """Removes events and calls past their time."""
    forget_old(from_settings())


@shared_task(acks_late=False)
def guard_campaigns() -> None:
    """Pauses campaigns that bounce or are complained about too often."""
    if settings.RELAY_CAMPAIGN_GUARD:
        campaign_guard.watch()


@shared_task
def record_reports(tenant_id: str, inbound_ids: list[int]) -> None:
    """Receivers' reports about sending domains."""
    dmarc_reports.record_reports(tenant_id=UUID(tenant_id), inbound_ids=inbound_ids)


@shared_task
def forget_old_reports() -> None:
    """Reports are kept for 90 days, their sums for two years."""
    dmarc_reports.forget_old_reports()
