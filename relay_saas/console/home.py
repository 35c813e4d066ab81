"""What the home page of an organization shows."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db.models import Sum
from django.utils import timezone

from accounts.models import SendingDomain
from campaigns.models import Campaign, Contact
from delivery.models import AttemptState, Counter
from tracking.models import Engagement, EngagementCounter
from tracking.selectors.campaigns import CampaignRow, recent_campaigns, running_campaigns

PERIOD = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """Sums over the campaigns launched in the last 30 days."""

    audience: int
    delivered: int
    bounced: int
    clicked: int

    def share(self, n: int) -> str:
        """`n` in percent of the audience, or an empty string before anything was sent."""
        return f"{100 * n / self.audience:.1f}%" if self.audience else ""

    @property
    def delivered_share(self) -> str:
        """Delivered in percent."""
        return self.share(self.delivered)

    @property
    def bounced_share(self) -> str:
        """Bounced in percent."""
        return self.share(self.bounced)

    @property
    def clicked_share(self) -> str:
        """Clicked by people, in percent."""
        return self.share(self.clicked)


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What stands between an empty account and the first campaign."""

    domain_verified: bool
    has_contacts: bool
    has_sent: bool

    @property
    def done(self) -> bool:
        """Whether the card may go."""
        return self.domain_verified and self.has_contacts and self.has_sent


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """Everything on the page."""

    setup: Setup
    period: Period
    running: list[CampaignRow]
    recent: list[CampaignRow]


def home_of(*, tenant_id: UUID) -> Home:
    """The page's content; a fixed number of queries."""
    return Home(
        setup=_setup(tenant_id),
        period=_period(tenant_id),
        running=running_campaigns(tenant_id=tenant_id),
        recent=recent_campaigns(tenant_id=tenant_id),
    )


def _setup(tenant_id: UUID) -> Setup:
    verified = SendingDomain.objects.filter(tenant_id=tenant_id, state=SendingDomain.State.VERIFIED)
    return Setup(
        domain_verified=verified.exists(),
        has_contacts=Contact.objects.filter(tenant_id=tenant_id).exists(),
        has_sent=Campaign.objects.filter(tenant_id=tenant_id, launched_at__isnull=False).exists(),
    )


def _period(tenant_id: UUID) -> Period:
    launched = Campaign.objects.filter(tenant_id=tenant_id, launched_at__gte=timezone.now() - PERIOD)
    ids = list(launched.values_list("pk", flat=True))
    counted = (
        Counter.objects.filter(tenant_id=tenant_id, campaign_id__in=ids)
        .values_list("state")
        .annotate(Sum("n"))
    )
    by_state = dict(counted.order_by())
    clicked = EngagementCounter.objects.filter(
        tenant_id=tenant_id, campaign_id__in=ids, kind=Engagement.Kind.CLICKED, machine=False
    )
    return Period(
        audience=launched.aggregate(n=Sum("audience"))["n"] or 0,
        delivered=by_state.get(AttemptState.DELIVERED, 0),
        bounced=by_state.get(AttemptState.BOUNCED, 0),
        clicked=clicked.aggregate(n=Sum("messages"))["n"] or 0,
    )
