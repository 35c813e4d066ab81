"""What the API answers about messages and figures, and takes about exports."""

from typing import Any

from rest_framework import serializers

from accounts.csv_file import Encoding
from relay_saas.web.api_fields import Moment, UuidId
from relay_saas.web.prefixed import PublicId
from relay_saas.web.strict_fields import StrictFlag, StrictSerializer, StrictText
from tracking.selectors.message_keys import REACTIONS, STATES, WAITING

MESSAGE_STATES = (*STATES, WAITING, *REACTIONS)


class Document(serializers.Serializer[Any]):
    """The base of answers: nothing is read from it."""


class MessageDocument(Document):
    """One recipient's copy, and where it stands."""

    id = UuidId("msg")
    to = serializers.CharField(source="rcpt")
    subject = serializers.CharField()
    contact = PublicId("con", source="contact_id", allow_null=True)
    campaign = PublicId("cmp", source="campaign_id", allow_null=True)
    state = serializers.CharField(source="word_of_state")
    category = serializers.CharField(help_text="Class of the last answer, such as `recipient_unknown`.")
    open = serializers.BooleanField(help_text="Whether it is still to be delivered.")
    created_at = Moment()


class EmailEventDocument(Document):
    """One event of a mail; which of the last members there are depends on its type."""

    type = serializers.CharField(help_text="As Anymail names it: `queued`, `delivered`, `bounced`, …")
    message = serializers.CharField(help_text="Of which copy.")
    to = serializers.CharField()
    at = Moment()
    reject_reason = serializers.CharField(allow_null=True)
    attempt = serializers.IntegerField(required=False)
    state = serializers.CharField(required=False)
    category = serializers.CharField(required=False)
    code = serializers.IntegerField(required=False, allow_null=True, help_text="The server's answer.")
    enhanced = serializers.CharField(required=False, allow_null=True)
    stage = serializers.CharField(required=False, allow_null=True)
    reply = serializers.CharField(required=False, allow_null=True)
    host = serializers.CharField(required=False, allow_null=True)
    next_attempt_at = Moment(required=False, allow_null=True)
    link = serializers.IntegerField(required=False, allow_null=True)
    machine = serializers.BooleanField(required=False)
    reason = serializers.CharField(required=False, allow_null=True)
    user_agent = serializers.CharField(required=False, allow_null=True)


class EmailEventsDocument(Document):
    """The beginning of a mail's story."""

    events = EmailEventDocument(many=True)
    has_more = serializers.BooleanField()


class TotalsDocument(Document):
    """Messages by where they stand; all but `audience` sum up to it."""

    audience = serializers.IntegerField()
    delivered = serializers.IntegerField()
    bounced = serializers.IntegerField()
    failed = serializers.IntegerField()
    suppressed = serializers.IntegerField()
    expired = serializers.IntegerField()
    cancelled = serializers.IntegerField()
    in_doubt = serializers.IntegerField()
    waiting = serializers.IntegerField()


class PeopleDocument(Document):
    """Messages that it was done with."""

    opened = serializers.IntegerField()
    clicked = serializers.IntegerField()
    unsubscribed = serializers.IntegerField()
    complained = serializers.IntegerField()


class LinkDocument(Document):
    """A link and its clicks."""

    index = serializers.IntegerField()
    target = serializers.CharField()
    people = serializers.IntegerField()
    machines = serializers.IntegerField()


class CampaignStatsDocument(Document):
    """What became of a campaign."""

    campaign = PublicId("cmp")
    state = serializers.CharField()
    totals = TotalsDocument()
    people = PeopleDocument()
    machines = PeopleDocument()
    links = LinkDocument(many=True)


class StatsRowDocument(Document):
    """One day, one provider, or all of them."""

    day = serializers.DateField(allow_null=True)
    provider = serializers.CharField(allow_null=True)
    attempts = serializers.DictField(child=serializers.IntegerField(), help_text="By the attempt's state.")
    people = serializers.DictField(
        child=serializers.IntegerField(), help_text="Messages by what people did; empty by provider."
    )


class StatsDocument(Document):
    """Figures of a time."""

    since = Moment()
    before = Moment()
    time_zone = serializers.CharField()
    data = StatsRowDocument(many=True)


class ExportBody(StrictSerializer):
    """What is exported."""

    kind = serializers.ChoiceField(["contacts", "suppressions", "recipients", "organization"])
    encoding = serializers.ChoiceField(Encoding.choices, required=False, default=Encoding.UTF8)
    list = PublicId("lst", required=False, allow_null=True, help_text="Of contacts: those of this list.")
    state = StrictText(
        required=False,
        allow_blank=True,
        default="",
        max_length=30,
        help_text="Of contacts: their state on the list; of recipients: where their message stands.",
    )
    text = StrictText(
        required=False,
        allow_blank=True,
        default="",
        max_length=200,
        help_text="Of contacts: addresses or names that begin like this.",
    )
    campaign = PublicId("cmp", required=False, allow_null=True, help_text="Of recipients.")
    machines = StrictFlag(required=False, default=False, help_text="Of recipients: machines count, too.")
