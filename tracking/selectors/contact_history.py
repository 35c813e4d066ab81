"""What happened with one contact, newest first: messages, reactions, lists, suppressions."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from campaigns.models import Campaign, Contact, ContactImport, Subscription, Suppression
from relay_saas.mail.ids import parse_id
from tracking.models import Engagement
from tracking.selectors.messages import MessageRow, message_page

MOST_REACTIONS: Final = 200
#: Campaigns that the question “why not?” offers.
MOST_CAMPAIGNS: Final = 50


class Kind(StrEnum):
    """What kind of thing happened."""

    MESSAGE = "message"
    REACTION = "reaction"
    PLACE = "place"
    SUPPRESSION = "suppression"
    ADDED = "added"


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One line; exactly the row of its kind is there."""

    at: datetime
    kind: Kind
    message: MessageRow | None = None
    #: Of a reaction: `msg_…` and the subject of the mail that it was to.
    word: str = ""
    subject: str = ""
    reaction: Engagement | None = None
    place: Subscription | None = None
    #: Of a place that an import made: the file.
    file_name: str = ""
    suppression: Suppression | None = None


def history_of(*, tenant_id: UUID, contact: Contact) -> list[Moment]:
    """The newest 50 messages with up to 200 reactions, and all lists and suppressions. Nine queries."""
    messages = message_page(tenant_id=tenant_id, cursor=None, address=contact.email).items
    moments = [Moment(at=row.created_at, kind=Kind.MESSAGE, message=row) for row in messages]
    moments += _reactions(tenant_id, messages)
    moments += _places(contact)
    moments += [
        Moment(at=stop.created_at, kind=Kind.SUPPRESSION, suppression=stop)
        for stop in Suppression.objects.filter(email_key=contact.email_key)
    ]
    moments.append(Moment(at=contact.created_at, kind=Kind.ADDED))
    return sorted(moments, key=lambda moment: moment.at, reverse=True)


def campaigns_to_ask_about(*, tenant_id: UUID) -> list[tuple[int, str]]:
    """Id and name of the campaigns that were launched last."""
    rows = Campaign.objects.filter(tenant_id=tenant_id).exclude(state=Campaign.State.DRAFT)
    return list(rows.order_by("-pk").values_list("pk", "name")[:MOST_CAMPAIGNS])


def _reactions(tenant_id: UUID, messages: tuple[MessageRow, ...]) -> list[Moment]:
    known = {parse_id("msg", row.word): row for row in messages}
    if not known:
        return []
    reactions = Engagement.objects.filter(tenant_id=tenant_id, message_id__in=known)
    return [
        Moment(
            at=one.at,
            kind=Kind.REACTION,
            reaction=one,
            word=known[one.message_id].word,
            subject=known[one.message_id].subject,
        )
        for one in reactions.order_by("-at")[:MOST_REACTIONS]
    ]


def _places(contact: Contact) -> list[Moment]:
    places = list(contact.subscriptions.select_related("mailing_list"))
    numbers = {place.pk: place.source.removeprefix("import:") for place in places}
    imports = {int(number) for number in numbers.values() if number.isdecimal() and len(number) < 19}
    files = dict(ContactImport.objects.filter(pk__in=imports).values_list("pk", "file_name"))
    return [
        Moment(
            at=place.changed_at,
            kind=Kind.PLACE,
            place=place,
            file_name=files.get(int(numbers[place.pk]), "") if numbers[place.pk].isdecimal() else "",
        )
        for place in places
    ]
