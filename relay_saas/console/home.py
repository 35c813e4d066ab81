"""What the home page of an organization shows."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from accounts.models import SendingDomain
from campaigns.models import Campaign, Contact
from delivery.models import Submission
from relay_saas.console.period import Period, period_of
from tracking.selectors.campaigns import CampaignRow, recent_campaigns, running_campaigns

DAYS: Final = 30
#: Newest requests that are searched for a test send.
_TESTS_AMONG: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What stands between an empty account and the first campaign."""

    domain_verified: bool
    has_contacts: bool
    has_tested: bool
    has_sent: bool

    @property
    def done(self) -> bool:
        """Whether the card may go: the first campaign is out."""
        return self.has_sent


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """Everything on the page but what needs attention."""

    setup: Setup
    period: Period
    running: list[CampaignRow]
    recent: list[CampaignRow]


def home_of(*, tenant_id: UUID) -> Home:
    """The page's content; a fixed number of queries."""
    return Home(
        setup=_setup(tenant_id),
        period=period_of(tenant_id=tenant_id, days=DAYS),
        running=running_campaigns(tenant_id=tenant_id),
        recent=recent_campaigns(tenant_id=tenant_id),
    )


def _setup(tenant_id: UUID) -> Setup:
    if Campaign.objects.filter(tenant_id=tenant_id, launched_at__isnull=False).exists():
        return Setup(domain_verified=True, has_contacts=True, has_tested=True, has_sent=True)
    verified = SendingDomain.objects.filter(tenant_id=tenant_id, state=SendingDomain.State.VERIFIED)
    channels = (
        Submission.objects.filter(tenant_id=tenant_id).order_by("-id").values_list("channel", flat=True)
    )
    return Setup(
        domain_verified=verified.exists(),
        has_contacts=Contact.objects.filter(tenant_id=tenant_id).exists(),
        has_tested="test" in set(channels[:_TESTS_AMONG]),
        has_sent=False,
    )
