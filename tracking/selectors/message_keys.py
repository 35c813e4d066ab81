"""Which messages a list is about, as the rows that lead to them in the order of their ids.

Every question is answered by one index and read page by page: the campaign and the time are a range of the
ids themselves (docs/adr/0002-ledger.md), the state leads through the attempts, the queue or the reactions.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

from campaigns.models import Campaign
from delivery.models import Attempt, AttemptState, Message, QueueEntry
from tracking.models import Engagement, Reaction

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LOWEST, _HIGHEST = 0, (1 << 128) - 1
_SPAN: Final = (1 << 62) - 1
WAITING: Final = "waiting"
#: States of a message by the word of the query string.
STATES: Final[dict[str, AttemptState]] = {
    state.name.lower(): state for state in AttemptState if state not in AttemptState.open_states()
}
REACTIONS: Final[dict[str, Engagement.Kind]] = {
    kind.value: kind for kind in Engagement.Kind if kind is not Engagement.Kind.RESUBSCRIBED
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """Message ids from `low` to `high`, both included."""

    low: int = _LOWEST
    high: int = _HIGHEST

    def within(self, other: "Range") -> "Range":
        """What lies in both; empty where `low` is above `high`."""
        return Range(low=max(self.low, other.low), high=min(self.high, other.high))

    def lookups(self, column: str) -> dict[str, UUID]:
        """The range as lookups on a column."""
        if self.low > self.high:
            return {f"{column}__lt": UUID(int=_LOWEST)}
        found: dict[str, UUID] = {}
        if self.low > _LOWEST:
            found[f"{column}__gte"] = UUID(int=self.low)
        if self.high < _HIGHEST:
            found[f"{column}__lte"] = UUID(int=self.high)
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a list asks for; empty values ask for nothing."""

    ids: Range = Range()
    #: A word of STATES or REACTIONS, or WAITING.
    state: str = ""
    campaign_id: int | None = None
    #: Of the link that was clicked.
    link: int | None = None
    #: Whether what machines did counts, too.
    machines: bool = False
    rcpt_key: str = ""


def range_of_campaign(campaign: Campaign) -> Range:
    """The ids of a launched campaign's messages; empty before its launch."""
    if campaign.launched_at is None:
        return Range(low=1, high=0)
    low = _milliseconds(campaign.launched_at) << 80 | 0x7 << 76 | (campaign.pk & 0xFFF) << 64 | 0b10 << 62
    return Range(low=low, high=low + _SPAN)


def range_of_time(begin: datetime | None, end: datetime | None) -> Range:
    """The ids of what was accepted from `begin` to before `end`."""
    return Range(
        low=_milliseconds(begin) << 80 if begin else _LOWEST,
        high=(_milliseconds(end) << 80) - 1 if end else _HIGHEST,
    )


def _milliseconds(instant: datetime) -> int:
    return max(0, (instant - _EPOCH) // timedelta(milliseconds=1))


def keys_of(tenant_id: UUID, wanted: Wanted) -> tuple[QuerySet[Any], str]:
    """Rows with one message each, and the name of the column that holds its id.

    A state that nobody knows finds nothing.
    """
    if wanted.rcpt_key:
        # Few messages go to one address: they lead, and the state is looked up for each.
        rows = Message.objects.filter(
            tenant_id=tenant_id, rcpt_key=wanted.rcpt_key, **wanted.ids.lookups("id")
        )
        if wanted.state or wanted.link is not None:
            found, column = _by_state(tenant_id, wanted)
            rows = rows.filter(Exists(found.filter(**{column: OuterRef("id")})))
        return rows, "id"
    if wanted.state or wanted.link is not None:
        return _by_state(tenant_id, wanted)
    return Message.objects.filter(tenant_id=tenant_id, **wanted.ids.lookups("id")), "id"


def _by_state(tenant_id: UUID, wanted: Wanted) -> tuple[QuerySet[Any], str]:
    inside = {"tenant_id": tenant_id, **wanted.ids.lookups("message_id")}
    if wanted.link is not None:
        return _clicks(inside, wanted), "message_id"
    if wanted.state == WAITING:
        return QueueEntry.objects.filter(**inside), "message_id"
    if wanted.state in REACTIONS:
        return _reactions(inside, wanted), "message_id"
    if wanted.state not in STATES:
        return Message.objects.none(), "id"
    later = Attempt.objects.filter(
        tenant_id=tenant_id, message_id=OuterRef("message_id"), number__gt=OuterRef("number")
    )
    return Attempt.objects.filter(~Exists(later), state=STATES[wanted.state], **inside), "message_id"


def _reactions(inside: dict[str, Any], wanted: Wanted) -> QuerySet[Any]:
    rows = Reaction.objects.filter(kind=wanted.state, **inside)
    if not wanted.machines:
        return rows.filter(machine=False)
    # Where a person and a machine did it, the person's row stands for both.
    person = Reaction.objects.filter(
        tenant_id=inside["tenant_id"],
        message_id=OuterRef("message_id"),
        kind=wanted.state,
        machine=False,
    )
    return rows.exclude(Exists(person), machine=True)


def _clicks(inside: dict[str, Any], wanted: Wanted) -> QuerySet[Any]:
    link = {"kind": Engagement.Kind.CLICKED, "link_index": wanted.link}
    if not wanted.machines:
        link["machine"] = False
    before = Engagement.objects.filter(
        tenant_id=inside["tenant_id"], message_id=OuterRef("message_id"), id__lt=OuterRef("id"), **link
    )
    return Engagement.objects.filter(~Exists(before), campaign_id=wanted.campaign_id, **link, **inside)
