"""Ledger rows of a campaign in flight, written directly: counters, minutes, providers, queue, replies."""

import hashlib
import math
from datetime import datetime, timedelta

from django.db import connection
from django.utils import timezone

from campaigns.models import Campaign
from delivery.models import AttemptState, Counter, Domain, EgressPool, Lane, Provider, Reply, Rollup, Site
from delivery.models.stream import Stream
from tests.browser.story import PROVIDERS, REPLIES, Sending
from tracking.models import Engagement, EngagementCounter

_ATTEMPTS = """
insert into delivery_attempt
  (tenant_id, message_id, number, campaign_id, state, category, code, stage, reply_id, provider_id, at)
select %(tenant)s, message_uuid(%(launched_at)s, %(campaign)s, %(first)s + i, 77), 1, %(campaign)s, %(state)s,
  %(category)s, %(code)s, 'rcpt', %(reply)s, 1, %(at)s
from generate_series(1, %(n)s) i
"""
_WAITING = """
insert into delivery_queueentry
  (tenant_id, message_id, lane_id, domain_id, campaign_id, attempts, next_attempt_at, expires_at)
select %(tenant)s, message_uuid(%(launched_at)s, %(campaign)s, %(first)s + i, 78), %(lane)s, %(domain)s,
  %(campaign)s, 1, %(at)s, %(at)s + interval '4 days'
from generate_series(1, %(n)s) i
"""


def fill(campaign: Campaign, told: Sending) -> None:
    """Everything that the campaign's page reads, as delivery and tracking would have left it."""
    for state, n in told.by_state.items():
        Counter.objects.create(
            tenant_id=campaign.tenant_id, campaign_id=campaign.pk, state=state, shard=0, n=n
        )
    _minutes(campaign, told)
    _replies(campaign, told)
    _waiting(campaign, told.audience - sum(told.by_state.values()))
    for kind, n in zip(("opened", "clicked", "unsubscribed"), told.engaged, strict=True):
        for machine, figure in ((False, n), (True, n // 10)):
            EngagementCounter.objects.create(
                tenant_id=campaign.tenant_id,
                campaign_id=campaign.pk,
                kind=Engagement.Kind(kind),
                machine=machine,
                total=figure,
                messages=figure,
            )


def _minutes(campaign: Campaign, told: Sending) -> None:
    """A lively curve whose sums are the counters'."""
    assert campaign.launched_at is not None
    start = campaign.launched_at.replace(second=0, microsecond=0)
    weights = [1.5 + math.sin(at / 5) + 0.3 * math.sin(at * 1.7) for at in range(told.minutes)]
    deferred = {AttemptState.DEFERRED: told.audience // 30}
    shown = {AttemptState.DELIVERED, AttemptState.BOUNCED}
    sums = {state: n for state, n in told.by_state.items() if state in shown} | deferred
    Rollup.objects.bulk_create(
        Rollup(
            tenant_id=campaign.tenant_id,
            campaign_id=campaign.pk,
            minute=start + timedelta(minutes=at),
            provider_id=provider.pk,
            state=state,
            shard=0,
            n=round(n * PROVIDERS[provider.name] / 100 * weight / sum(weights)),
        )
        for state, n in sums.items()
        for at, weight in enumerate(weights)
        for provider in providers()
    )


def _replies(campaign: Campaign, told: Sending) -> None:
    for at, (category, state, n, code, text) in enumerate(REPLIES):
        reply = None
        if text:
            digest = hashlib.sha256(text.encode()).digest()
            reply, _ = Reply.objects.get_or_create(
                tenant_id=campaign.tenant_id, digest=digest, defaults={"text": text}
            )
        _run(
            _ATTEMPTS,
            campaign,
            first=1000 * at,
            n=n if told.audience else 0,
            state=state,
            category=category,
            code=code,
            reply=reply.pk if reply else None,
            at=timezone.now(),
        )


def _waiting(campaign: Campaign, n: int) -> None:
    """Open work of a campaign that is not over: most of it waits for Gmail's patience."""
    if n <= 0 or campaign.state not in {Campaign.State.SENDING, Campaign.State.PAUSED}:
        return
    pool, _ = EgressPool.objects.get_or_create(name="shared")
    for at, provider in enumerate(providers()):
        site, _ = Site.objects.get_or_create(key=f"mx.{provider.name}", defaults={"provider": provider})
        domain, _ = Domain.objects.get_or_create(name=provider.name, defaults={"site": site})
        lane = Lane.objects.create(
            tenant_id=campaign.tenant_id,
            pool=pool,
            site=site,
            stream=Stream.MARKETING,
            campaign_id=campaign.pk,
        )
        share = n * PROVIDERS[provider.name] // 100
        due = timezone.now() + timedelta(minutes=3 * (at + 1))
        _run(_WAITING, campaign, first=100_000 * (at + 1), n=share, lane=lane.pk, domain=domain.pk, at=due)


def providers() -> list[Provider]:
    """The five of the story, made when first asked for."""
    return [
        Provider.objects.get_or_create(name=name, defaults={"id": 900 + at})[0]
        for at, name in enumerate(PROVIDERS)
    ]


def _run(sql: str, campaign: Campaign, **values: int | str | datetime | None) -> None:
    own = {"tenant": campaign.tenant_id, "campaign": campaign.pk, "launched_at": campaign.launched_at}
    with connection.cursor() as cursor:
        cursor.execute(sql, own | values)
