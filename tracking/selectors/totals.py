"""What became of a campaign's audience: sums that always add up, and what people did."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from django.db.models import Sum

from delivery.models import AttemptState, Counter
from tracking.models import Engagement, EngagementCounter


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """`audience == delivered + bounced + failed + suppressed + expired + cancelled + in_doubt +
    waiting`, always."""

    audience: int
    by_state: Mapping[AttemptState, int] = field(default_factory=dict)
    #: Messages with at least one engagement, by (kind, machine).
    engaged: Mapping[tuple[str, bool], int] = field(default_factory=dict)

    def _of(self, state: AttemptState) -> int:
        return self.by_state.get(state, 0)

    @property
    def delivered(self) -> int:
        """Accepted by the receiving server."""
        return self._of(AttemptState.DELIVERED)

    @property
    def bounced(self) -> int:
        """Refused for good by the receiving side."""
        return self._of(AttemptState.BOUNCED)

    @property
    def failed(self) -> int:
        """Could not be made or sent: ours or the tenant's."""
        return self._of(AttemptState.FAILED)

    @property
    def suppressed(self) -> int:
        """Not sent, because the address must not be mailed."""
        return self._of(AttemptState.SUPPRESSED)

    @property
    def expired(self) -> int:
        """Given up after the time for retries."""
        return self._of(AttemptState.EXPIRED)

    @property
    def cancelled(self) -> int:
        """Not sent, because the campaign was cancelled."""
        return self._of(AttemptState.CANCELLED)

    @property
    def in_doubt(self) -> int:
        """Sent, but the answer was lost."""
        return self._of(AttemptState.IN_DOUBT)

    @property
    def settled(self) -> int:
        """Messages with a final state."""
        return sum(self.by_state.values())

    @property
    def waiting(self) -> int:
        """Messages still to be delivered: queued, leased or held."""
        return self.audience - self.settled

    def people(self, kind: Engagement.Kind) -> int:
        """Messages that a person engaged with."""
        return self.engaged.get((kind, False), 0)

    def machines(self, kind: Engagement.Kind) -> int:
        """Messages that a machine engaged with."""
        return self.engaged.get((kind, True), 0)

    @property
    def opened(self) -> int:
        """Opened by people."""
        return self.people(Engagement.Kind.OPENED)

    @property
    def clicked(self) -> int:
        """Clicked by people."""
        return self.people(Engagement.Kind.CLICKED)

    @property
    def unsubscribed(self) -> int:
        """Opted out from this message."""
        return self.people(Engagement.Kind.UNSUBSCRIBED)

    @property
    def machine_opened(self) -> int:
        """Opened by machines."""
        return self.machines(Engagement.Kind.OPENED)

    @property
    def machine_clicked(self) -> int:
        """Clicked by machines."""
        return self.machines(Engagement.Kind.CLICKED)

    def share(self, n: int) -> float:
        """`n` in percent of the audience."""
        return 100 * n / self.audience if self.audience else 0.0


def totals_of(*, tenant_id: UUID, audiences: Mapping[int, int]) -> dict[int, Totals]:
    """Totals by campaign id; `audiences` gives each campaign's size. Two queries, whatever the number."""
    final = [state for state in AttemptState if state not in AttemptState.open_states()]
    states: dict[int, dict[AttemptState, int]] = defaultdict(dict)
    counted = Counter.objects.filter(tenant_id=tenant_id, campaign_id__in=audiences, state__in=final)
    for campaign_id, state, n in counted.values_list("campaign_id", "state").annotate(Sum("n")).order_by():
        states[campaign_id][AttemptState(state)] = n
    engaged: dict[int, dict[tuple[str, bool], int]] = defaultdict(dict)
    reacted = EngagementCounter.objects.filter(tenant_id=tenant_id, campaign_id__in=audiences)
    for campaign_id, kind, machine, messages in reacted.values_list(
        "campaign_id", "kind", "machine", "messages"
    ):
        engaged[campaign_id][(kind, machine)] = messages
    return {
        campaign_id: Totals(audience=audience, by_state=states[campaign_id], engaged=engaged[campaign_id])
        for campaign_id, audience in audiences.items()
    }
