"""What Celery runs of tracking: ids in, one service, safe to repeat."""

from uuid import UUID

from celery import shared_task

from tracking.services import mail_reactions


@shared_task
def record_mail(tenant_id: str, inbound_ids: list[int]) -> None:
    """Complaints and opt-outs that came by mail."""
    mail_reactions.record_mail(tenant_id=UUID(tenant_id), inbound_ids=inbound_ids)


@shared_task
def record_missed_mail() -> None:
    """The same where the event was lost."""
    mail_reactions.record_missed_mail()
