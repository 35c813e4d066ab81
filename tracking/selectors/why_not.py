"""Why a person did or did not get a campaign: the one rule that decided, with its evidence.

The order is that of the launch (delivery.services.expand): list, opt-out, suppression, SMTPUTF8; what has a
message is told by its last attempt or by what it waits for.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from campaigns.models import Campaign, Contact, Subscription, Suppression
from campaigns.selectors.campaigns import find_campaign
from delivery.models import AttemptState
from delivery.selectors.story import Story, story_of
from relay_saas.mail.ids import message_uuid
from relay_saas.web.errors import NotFound


class Rule(StrEnum):
    """What decided."""

    NOT_LAUNCHED = "not_launched"
    PREPARING = "preparing"
    #: Everything with a message: its story tells the rest.
    DELIVERED = "delivered"
    WAITING = "waiting"
    BOUNCED = "bounced"
    FAILED = "failed"
    STOPPED = "stopped"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    IN_DOUBT = "in_doubt"
    #: Everything without one.
    NEWER = "newer"
    NOT_ON_LIST = "not_on_list"
    JOINED_LATER = "joined_later"
    UNSUBSCRIBED = "unsubscribed"
    SUPPRESSED = "suppressed"
    SMTPUTF8 = "smtputf8"
    #: The campaign went only to those who had not got another one.
    REPEAT = "repeat"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The rule and what it rests on; what it does not rest on is None."""

    rule: Rule
    campaign: Campaign
    at: datetime | None = None
    story: Story | None = None
    subscription: Subscription | None = None
    suppression: Suppression | None = None


_BY_STATE = {
    AttemptState.DELIVERED: Rule.DELIVERED,
    AttemptState.BOUNCED: Rule.BOUNCED,
    AttemptState.FAILED: Rule.FAILED,
    AttemptState.SUPPRESSED: Rule.STOPPED,
    AttemptState.EXPIRED: Rule.EXPIRED,
    AttemptState.CANCELLED: Rule.CANCELLED,
    AttemptState.IN_DOUBT: Rule.IN_DOUBT,
}


def why_not(*, tenant_id: UUID, contact: Contact, campaign_id: int) -> Answer:
    """The answer for one contact and one campaign; raises NotFound for a campaign that does not exist."""
    campaign = find_campaign(tenant_id=tenant_id, campaign_id=campaign_id)
    if campaign.launched_at is None:
        return Answer(rule=Rule.NOT_LAUNCHED, campaign=campaign)
    story = _story(campaign, contact)
    if story is not None:
        return _told(campaign, story)
    if campaign.state == Campaign.State.LAUNCHING:
        return Answer(rule=Rule.PREPARING, campaign=campaign)
    return _left_out(campaign, contact, campaign.launched_at)


def _story(campaign: Campaign, contact: Contact) -> Story | None:
    launched_at = campaign.launched_at
    if launched_at is None:
        return None
    # Whole milliseconds: a float of seconds would be one off now and then.
    milliseconds = int(launched_at.timestamp()) * 1000 + launched_at.microsecond // 1000
    message_id = message_uuid(milliseconds, campaign.pk, contact.pk, campaign.salt)
    try:
        return story_of(tenant_id=campaign.tenant_id, message_id=message_id)
    except NotFound:
        return None


def _told(campaign: Campaign, story: Story) -> Answer:
    last = story.attempts[-1] if story.attempts else None
    if story.entry is not None or last is None or last.state not in _BY_STATE:
        return Answer(rule=Rule.WAITING, campaign=campaign, story=story)
    return Answer(rule=_BY_STATE[last.state], campaign=campaign, story=story, at=last.at)


def _left_out(campaign: Campaign, contact: Contact, launched_at: datetime) -> Answer:
    if contact.created_at > launched_at:
        return Answer(rule=Rule.NEWER, campaign=campaign, at=contact.created_at)
    by_place = _by_place(campaign, contact, launched_at)
    if by_place is not None:
        return by_place
    stops = Suppression.objects.filter(email_key=contact.email_key, created_at__lte=launched_at)
    stop = stops.order_by("created_at").first()
    if stop is not None:
        return Answer(rule=Rule.SUPPRESSED, campaign=campaign, suppression=stop, at=stop.created_at)
    if contact.needs_smtputf8:
        return Answer(rule=Rule.SMTPUTF8, campaign=campaign)
    return Answer(rule=Rule.REPEAT if campaign.repeat_of_id else Rule.UNKNOWN, campaign=campaign)


def _by_place(campaign: Campaign, contact: Contact, launched_at: datetime) -> Answer | None:
    """What their place on the campaign's list says; None where they were on it."""
    places = Subscription.objects.filter(mailing_list_id=campaign.mailing_list_id, contact_id=contact.pk)
    place = places.first()
    if place is None:
        return Answer(rule=Rule.NOT_ON_LIST, campaign=campaign)
    before = place.changed_at <= launched_at
    if place.state == Subscription.State.UNSUBSCRIBED and before:
        return Answer(rule=Rule.UNSUBSCRIBED, campaign=campaign, subscription=place, at=place.changed_at)
    if place.state == Subscription.State.SUBSCRIBED and not before:
        return Answer(rule=Rule.JOINED_LATER, campaign=campaign, subscription=place, at=place.changed_at)
    return None
