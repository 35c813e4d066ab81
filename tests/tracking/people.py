"""A launched campaign in the ledger itself: messages, attempts, queue and what people did there."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection
from django.utils import timezone

from campaigns.models import Campaign
from delivery.models import Attempt, AttemptState, Domain, Message, QueueEntry
from delivery.models.stream import Stream
from relay_saas.mail.ids import message_uuid
from tracking.services.record import RECORD_SQL, Engaged, record_parameters


def launched(campaign: Campaign, *states: AttemptState | None) -> list[UUID]:
    """A message for each state (None: it waits in the queue), oldest id first; launched an hour ago."""
    at = timezone.now() - timedelta(hours=1)
    campaign.launched_at = at.replace(microsecond=at.microsecond // 1000 * 1000)
    campaign.audience, campaign.salt = len(states), 0
    campaign.save()
    domain, _ = Domain.objects.get_or_create(name="gmail.test")
    ids = []
    for number, state in enumerate(states, 1):
        ids.append(_message(campaign, number, domain))
        _place(campaign, ids[-1], state, domain)
    return ids


def _message(campaign: Campaign, number: int, domain: Domain) -> UUID:
    assert campaign.launched_at is not None
    milliseconds = round(campaign.launched_at.timestamp() * 1000)
    message_id = message_uuid(milliseconds, campaign.pk, number, 0)
    address = f"reader{number}@gmail.test"
    Message.objects.create(
        id=message_id,
        tenant_id=campaign.tenant_id,
        stream=Stream.MARKETING,
        campaign_id=campaign.pk,
        contact_id=number,
        content_id=campaign.content_id,
        rcpt=address,
        rcpt_key=address,
        domain_id=domain.pk,
        created_at=campaign.launched_at,
    )
    return message_id


def _place(campaign: Campaign, message_id: UUID, state: AttemptState | None, domain: Domain) -> None:
    if state is None:
        QueueEntry.objects.create(
            tenant_id=campaign.tenant_id,
            message_id=message_id,
            lane_id=1,
            domain_id=domain.pk,
            campaign_id=campaign.pk,
            next_attempt_at=timezone.now(),
            expires_at=timezone.now() + timedelta(days=2),
        )
        return
    attempted(campaign, message_id, state)


def attempted(campaign: Campaign, message_id: UUID, state: AttemptState, category: str = "") -> None:
    """One more attempt at a message."""
    number = Attempt.objects.filter(message_id=message_id).count() + 1
    Attempt.objects.create(
        tenant_id=campaign.tenant_id,
        message_id=message_id,
        number=number,
        campaign_id=campaign.pk,
        state=state,
        category=category or ("recipient_unknown" if state == AttemptState.BOUNCED else ""),
        at=timezone.now() - timedelta(minutes=59),
    )


def did(
    campaign: Campaign,
    messages: Sequence[UUID],
    kind: str,
    *,
    at: datetime | None = None,
    link: int | None = None,
    machine: bool = False,
) -> None:
    """These messages' readers did something, written by the statement of the product."""
    batch = [
        Engaged(message_id=one, kind=kind, at=at or timezone.now(), link_index=link, machine=machine)
        for one in messages
    ]
    with connection.cursor() as cursor:
        cursor.execute(RECORD_SQL, record_parameters(campaign.tenant_id, batch))
