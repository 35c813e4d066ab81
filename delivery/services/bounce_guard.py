"""A provider that suddenly calls good addresses unknown is not believed: nobody is suppressed there then.

Its own servers may be broken (it has happened to each of the big ones), and lists would lose good addresses
at every organization at once. The provider is suspended as well; what was suppressed can be taken back.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from delivery.models import Provider, Scope, SuppressionHold
from delivery.services import policy
from relay_saas.mail.bounces import GUARD, Guard

LOG = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """One organization's suppressions at one provider, beside what was delivered or bounced there."""

    provider_id: int
    suppressed: int
    settled: int
    rule: str
    detail: str
    first_at: datetime | None

    @property
    def share(self) -> float:
        """Suppressions for each settled message; late bounces may bring more than were settled."""
        return self.suppressed / max(self.settled, self.suppressed, 1)


def watch(*, now: datetime | None = None, guard: Guard = GUARD) -> list[SuppressionHold]:
    """Holds suppressions at each provider that has gone wrong in the last minutes; returns the new holds."""
    now = now or timezone.now()
    since = now - timedelta(minutes=guard.window_minutes)
    # A hold that has run out is judged anew.
    SuppressionHold.objects.filter(ended_at=None, until__lte=now).update(ended_at=F("until"))
    held = set(SuppressionHold.objects.filter(ended_at=None).values_list("provider_id", flat=True))
    by_provider = defaultdict(list)
    for share in _shares(since, now):
        if share.suppressed >= guard.suppressions_each and share.share > guard.least_share:
            by_provider[share.provider_id].append(share)
    suspects = {
        one: found for one, found in by_provider.items() if len(found) >= guard.tenants and one not in held
    }
    if not suspects:
        return []
    usual = _usual_shares(since - timedelta(days=guard.base_days), since)
    made = [
        _judge(provider, found, usual.get(provider, 0.0), now, guard) for provider, found in suspects.items()
    ]
    return [hold for hold in made if hold is not None]


def _shares(since: datetime, before: datetime) -> list[Share]:
    with connection.cursor() as cursor:
        cursor.execute(
            "select provider_id, suppressed, settled, rule, detail, first_at from suppression_shares(%s, %s)",
            [since, before],
        )
        names = ("provider_id", "suppressed", "settled", "rule", "detail", "first_at")
        return [Share(**dict(zip(names, row, strict=True))) for row in cursor.fetchall()]


def _usual_shares(since: datetime, before: datetime) -> dict[int, float]:
    suppressed: dict[int, int] = defaultdict(int)
    settled: dict[int, int] = defaultdict(int)
    for share in _shares(since, before):
        suppressed[share.provider_id] += share.suppressed
        settled[share.provider_id] += share.settled
    return {provider: suppressed[provider] / max(n, 1) for provider, n in settled.items()}


def _judge(
    provider_id: int, shares: Sequence[Share], base: float, now: datetime, guard: Guard
) -> SuppressionHold | None:
    wrong = [share for share in shares if share.share > guard.threshold(base)]
    if len(wrong) < guard.tenants:
        return None
    worst = max(wrong, key=lambda share: share.suppressed)
    suppressed = sum(share.suppressed for share in wrong)
    settled = sum(max(share.settled, share.suppressed) for share in wrong)
    hold = SuppressionHold(
        provider_id=provider_id,
        rule=worst.rule,
        evidence=_without_addresses(worst.detail),
        share=suppressed / settled,
        base_share=base,
        tenants=len(wrong),
        since=min(share.first_at for share in wrong if share.first_at is not None),
        until=now + timedelta(minutes=guard.hold_minutes),
    )
    with transaction.atomic():
        hold.save(force_insert=True)
        _suspend(hold)
    return hold


def _without_addresses(text: str) -> str:
    return " ".join(word for word in text.split() if "@" not in word)


def _suspend(hold: SuppressionHold) -> None:
    name = Provider.objects.values_list("name", flat=True).get(pk=hold.provider_id)
    policy.suspend(
        scope=Scope(provider_id=hold.provider_id),
        reason=(
            f"{name} bounces {hold.share:.0%} of the mail of {hold.tenants} organizations, "
            f"usually {hold.base_share:.1%}"
        ),
        set_by="engine",
        until=hold.until,
        rule=hold.rule,
        evidence=hold.evidence,
    )
    LOG.warning(
        "bounces are not believed",
        provider=name,
        rule=hold.rule,
        share=round(hold.share, 3),
        base_share=round(hold.base_share, 3),
        tenants=hold.tenants,
        undo=f"suppressions undo --rule {hold.rule} --provider '{name}' --from {hold.since.isoformat()}",
    )
