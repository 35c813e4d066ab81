"""What people did with a campaign: by hour and link, and for some of them message by message."""

import math
from datetime import timedelta

from django.utils import timezone

from accounts.models import SendingDomain
from campaigns.models import Campaign, Content, Link
from delivery.models import Attempt, AttemptState, Domain, Message
from delivery.models.stream import Stream
from relay_saas.mail.ids import message_uuid
from tests.browser.story import PEOPLE, Sending
from tracking.models import EngagementRollup, Reaction

LINKS = (
    "https://shop.hinode.test/winter/coupon?from=mail",
    "https://shop.hinode.test/ranking/{{ contact.city }}",
    "https://shop.hinode.test/guide/very/long/path/that/goes/on/and/on/for/ever?utm_source=newsletter&utm_medium=email",
)
HOURS = 60
#: By person: the last state, and what they did (kind, by a machine).
FATES: tuple[tuple[AttemptState, tuple[tuple[str, bool], ...]], ...] = (
    (AttemptState.DELIVERED, (("opened", False), ("clicked", False))),
    (AttemptState.DELIVERED, (("opened", True),)),
    (AttemptState.BOUNCED, ()),
    (AttemptState.DELIVERED, (("opened", False), ("unsubscribed", False))),
    (AttemptState.SUPPRESSED, ()),
)


def fill(campaign: Campaign, told: Sending) -> None:
    """Links, curves whose sums are the counters', and the people of the story as recipients."""
    content = Content.objects.create(
        tenant_id=campaign.tenant_id,
        from_address=campaign.from_address,
        subject=campaign.subject,
        sending_domain=SendingDomain.objects.get(tenant_id=campaign.tenant_id),
    )
    for index, target in enumerate(LINKS):
        Link.objects.create(tenant_id=campaign.tenant_id, content=content, index=index, target=target)
    campaign.content = content
    campaign.save(update_fields=["content"])
    opened, clicked, _unsubscribed = told.engaged
    if clicked:
        _curve(campaign, "opened", opened, (-1,))
        _curve(campaign, "clicked", clicked, (0, 0, 0, 1, 2))
    if told.audience:
        _people(campaign)


def _curve(campaign: Campaign, kind: str, n: int, links: tuple[int, ...]) -> None:
    """Most within the first hours; as many hours as have passed."""
    assert campaign.launched_at is not None
    first = campaign.launched_at.replace(minute=0, second=0, microsecond=0)
    hours = min(HOURS, int((timezone.now() - first) / timedelta(hours=1)) + 1)
    weights = [math.exp(-at / 6) * (1.3 + math.sin(at)) for at in range(hours)]
    sums: dict[tuple[int, int], int] = {}
    for at, weight in enumerate(weights):
        for link in links:
            share = round(n * weight / sum(weights) / len(links))
            sums[at, link] = sums.get((at, link), 0) + share
    EngagementRollup.objects.bulk_create(
        EngagementRollup(
            tenant_id=campaign.tenant_id,
            campaign_id=campaign.pk,
            hour=first + timedelta(hours=at),
            kind=kind,
            link_index=link,
            machine=machine,
            total=figure,
            messages=figure,
        )
        for (at, link), share in sums.items()
        for machine, figure in ((False, share), (True, share // 10))
        if figure
    )


def _people(campaign: Campaign) -> None:
    assert campaign.launched_at is not None
    domain, _ = Domain.objects.get_or_create(name="gmail.test")
    milliseconds = round(campaign.launched_at.timestamp() * 1000)
    for number, ((email, *_rest), (state, did)) in enumerate(zip(PEOPLE, FATES, strict=True), 900_001):
        message_id = message_uuid(milliseconds, campaign.pk, number, 0)
        own = {"tenant_id": campaign.tenant_id, "campaign_id": campaign.pk}
        Message.objects.create(
            id=message_id,
            stream=Stream.MARKETING,
            content_id=campaign.content_id,
            rcpt=email,
            rcpt_key=email,
            domain_id=domain.pk,
            created_at=campaign.launched_at,
            **own,
        )
        category = "recipient_unknown" if state == AttemptState.BOUNCED else ""
        Attempt.objects.create(
            message_id=message_id, number=1, state=state, category=category, at=campaign.launched_at, **own
        )
        for kind, machine in did:
            Reaction.objects.create(
                tenant_id=campaign.tenant_id, message_id=message_id, kind=kind, machine=machine,
                at=campaign.launched_at,
            )  # fmt: skip
