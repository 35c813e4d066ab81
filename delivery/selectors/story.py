"""Everything that the ledger knows of one message."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.utils import timezone

from accounts.models import DkimKey
from accounts.tenancy import reading_scope
from campaigns.models import Campaign, Content, Suppression
from delivery.models import AttemptState, Domain, Lane, Message, QueueEntry, Submission, Transcript
from delivery.selectors.attempts import AttemptRow, attempts_of
from delivery.selectors.policies import Place
from delivery.selectors.waiting import Wait, waits_of
from relay_saas.mail.addresses import parse_address
from relay_saas.web.errors import NotFound


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """A message from its acceptance to now."""

    message: Message
    content: Content
    domain: Domain
    submission: Submission | None
    campaign: Campaign | None
    attempts: list[AttemptRow]
    #: By the attempt's number, where one was kept.
    transcripts: dict[int, str]
    #: Open work, with its lane; both None once it is settled.
    entry: QueueEntry | None
    lane: Lane | None
    waits: list[Wait]
    #: What stands against the address now.
    suppressions: list[Suppression]
    #: The active keys of the sending domain, which sign what is composed now.
    keys: list[DkimKey]
    told_at: datetime = field(default_factory=timezone.now)

    @property
    def state(self) -> str:
        """`queued`, `sending`, or the name of the last attempt's state."""
        if self.entry is not None:
            return "queued" if self.entry.run_id is None else "sending"
        return self.attempts[-1].state.name.lower() if self.attempts else "queued"

    @property
    def final(self) -> bool:
        """Whether nothing more is tried."""
        return bool(self.attempts) and self.attempts[-1].state not in AttemptState.open_states()


def story_of(*, tenant_id: UUID, message_id: UUID) -> Story:
    """The story of a tenant's message; raises NotFound."""
    with reading_scope(tenant_id):
        message = Message.objects.filter(id=message_id).first()
        if message is None:
            raise NotFound
        content = (
            Content.objects.defer("html", "text", "attachments")
            .select_related("sending_domain")
            .get(pk=message.content_id)
        )
        domain = Domain.objects.select_related("site__provider").get(pk=message.domain_id)
        campaign = Campaign.objects.filter(pk=message.campaign_id).first() if message.campaign_id else None
        submission = (
            Submission.objects.filter(pk=message.submission_id).first() if message.submission_id else None
        )
        attempts = attempts_of(tenant_id=tenant_id, message_id=message_id)
        entry = QueueEntry.objects.filter(message_id=message_id).first()
        lane = (
            Lane.objects.select_related("site", "source", "pool").filter(pk=entry.lane_id).first()
            if entry
            else None
        )
        waits = _waits(
            message=message,
            content=content,
            domain=domain,
            campaign=campaign,
            attempts=attempts,
            entry=entry,
            lane=lane,
        )
        return Story(
            message=message,
            content=content,
            domain=domain,
            submission=submission,
            campaign=campaign,
            attempts=attempts,
            transcripts=dict(Transcript.objects.filter(message_id=message_id).values_list("number", "lines")),
            entry=entry,
            lane=lane,
            waits=waits,
            suppressions=list(Suppression.objects.filter(email_key=message.rcpt_key).order_by("scope")),
            keys=list(
                DkimKey.objects.filter(domain_id=content.sending_domain_id, active=True).order_by(
                    "-algorithm"
                )
            ),
        )


def _waits(
    *,
    message: Message,
    content: Content,
    domain: Domain,
    campaign: Campaign | None,
    attempts: list[AttemptRow],
    entry: QueueEntry | None,
    lane: Lane | None,
) -> list[Wait]:
    if entry is None or lane is None:
        return []
    place = Place(
        tenant_id=message.tenant_id,
        stream=message.stream,
        pool_id=lane.pool_id,
        source_id=lane.source_id,
        site_id=lane.site_id,
        provider_id=lane.site.provider_id if lane.site else None,
        campaign_id=message.campaign_id,
        domain=content.sending_domain.name,
    )
    return waits_of(
        entry=entry,
        lane=lane,
        domain=domain,
        campaign=campaign,
        last=attempts[-1] if attempts else None,
        place=place,
        now=timezone.now(),
    )


def tenants_of_message(message_id: UUID) -> list[UUID]:
    """Whose message it is, asked before any tenant is known: one, or none."""
    with connection.cursor() as cursor:
        cursor.execute("select resolve_message(%s)", [message_id])
        return [row[0] for row in cursor.fetchall()]


def newest_to(*, tenant_id: UUID, address: str, most: int = 1) -> list[UUID]:
    """The newest messages to an address, newest first; raises BadAddress."""
    key = parse_address(address).key
    with reading_scope(tenant_id):
        rows = Message.objects.filter(tenant_id=tenant_id, rcpt_key=key).order_by("-id")
        return list(rows.values_list("id", flat=True)[:most])
