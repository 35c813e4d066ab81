"""What the API takes about contacts, lists, suppressions, templates and campaigns."""

from rest_framework import serializers

from campaigns.models import Campaign, ContactField, Subscription, Suppression
from campaigns.services.contacts_many import MOST
from campaigns.services.schedule import MAX_DAYS
from campaigns.services.shelf import MAX_TAG, MAX_TAGS
from relay_saas.web.api_fields import FieldValues, GivenMoment
from relay_saas.web.prefixed import PublicId
from relay_saas.web.strict_fields import StrictFlag, StrictInteger, StrictSerializer, StrictText

#: Longer than any address that mail can carry.
ADDRESS = 400
NAME = 200
REASON = 500
#: As long as a source may be.
SOURCE = 512 * 1024


class NewContactBody(StrictSerializer):
    """A new contact."""

    email = StrictText(max_length=ADDRESS)
    fields = FieldValues(required=False, help_text="Values by the key of their field.")
    lists = serializers.ListField(child=PublicId("lst"), required=False, max_length=100)


class ContactBody(StrictSerializer):
    """The fields that change; null empties one."""

    fields = FieldValues()


class ManyContact(StrictSerializer):
    """One of many."""

    email = StrictText(max_length=ADDRESS)
    fields = FieldValues(required=False)


class ContactsBody(StrictSerializer):
    """Up to a thousand contacts."""

    contacts = serializers.ListField(child=ManyContact(), min_length=1, max_length=MOST)
    list = PublicId("lst", required=False, allow_null=True, help_text="All of them join it.")


class PlaceBody(StrictSerializer):
    """What a contact's place on a list becomes, and why."""

    state = serializers.ChoiceField(Subscription.State.choices)
    reason = StrictText(max_length=REASON)


class FieldBody(StrictSerializer):
    """What can be changed of a field."""

    label = StrictText(max_length=100)
    default = StrictText(
        required=False, allow_blank=True, default="", max_length=10_000, help_text="Read by the kind."
    )


class NewFieldBody(FieldBody):
    """A field of contacts."""

    key = serializers.RegexField(r"^[a-z][a-z0-9_]{0,59}$", help_text="Templates say `contact.<key>`.")
    kind = serializers.ChoiceField(ContactField.Kind.choices, default=ContactField.Kind.TEXT)


class NewListBody(StrictSerializer):
    """A list."""

    name = StrictText(max_length=NAME)


class ListBody(StrictSerializer):
    """What can be changed of a list."""

    name = StrictText(max_length=NAME, required=False)
    archived = StrictFlag(required=False)


class MembersBody(StrictSerializer):
    """Contacts that join a list, all or none."""

    contacts = serializers.ListField(child=PublicId("con"), min_length=1, max_length=MOST)


class SuppressionsBody(StrictSerializer):
    """Addresses that are not to be mailed."""

    emails = serializers.ListField(child=StrictText(max_length=ADDRESS), min_length=1, max_length=MOST)
    scope = serializers.ChoiceField(Suppression.Scope.choices, default=Suppression.Scope.MARKETING)
    reason = StrictText(max_length=REASON, help_text="It stands beside each address from now on.")


class TemplateBody(StrictSerializer):
    """A template; the sources may still be faulty."""

    name = StrictText(max_length=NAME)
    markup = serializers.ChoiceField(Campaign.Markup.choices, default=Campaign.Markup.MJML)
    html = StrictText(allow_blank=True, default="", max_length=SOURCE)
    text = StrictText(allow_blank=True, default="", max_length=SOURCE)


class CampaignBody(StrictSerializer):
    """A draft; it may be incomplete: the launch checks all that."""

    name = StrictText(max_length=NAME)
    list = PublicId("lst", required=False, allow_null=True)
    from_name = StrictText(required=False, allow_blank=True, max_length=NAME)
    from_address = StrictText(
        required=False,
        allow_blank=True,
        max_length=ADDRESS,
        help_text="Without a domain: at the marketing stream's own.",
    )
    reply_to = StrictText(required=False, allow_blank=True, max_length=ADDRESS)
    subject = StrictText(required=False, allow_blank=True, max_length=1000)
    preheader = StrictText(required=False, allow_blank=True, max_length=1000)
    markup = serializers.ChoiceField(Campaign.Markup.choices, required=False)
    html = StrictText(required=False, allow_blank=True, max_length=SOURCE)
    text = StrictText(required=False, allow_blank=True, max_length=SOURCE)
    tags = serializers.ListField(child=StrictText(max_length=MAX_TAG), required=False, max_length=MAX_TAGS)


class NewCampaignBody(CampaignBody):
    """A campaign; what is not said comes from the template, the default sender and the only list there is."""

    template = PublicId("tpl", required=False, allow_null=True)


class LaunchBody(StrictSerializer):
    """When a campaign goes out."""

    at = GivenMoment(
        required=False, allow_null=True, help_text=f"Within {MAX_DAYS} days; now if it is not said."
    )
    warnings = serializers.ListField(
        child=StrictText(max_length=100),
        required=False,
        allow_null=True,
        max_length=100,
        help_text="Codes of the warnings that somebody has looked at: others stop the launch. "
        "Not said or null: none does.",
    )
    recipients = StrictInteger(
        required=False,
        allow_null=True,
        min_value=0,
        help_text="How many people it is meant for: another large audience stops the launch.",
    )


class RepeatBody(StrictSerializer):
    """A repeat to those who did not get it."""

    doubts = StrictFlag(default=False, help_text="Also to those of whom it is not known.")


class ColumnBody(StrictSerializer):
    """What a column of the file is."""

    target = StrictText(max_length=60, help_text="`skip`, `email`, `new`, or the key of a field.")
    label = StrictText(required=False, allow_blank=True, default="", max_length=100)
    kind = serializers.ChoiceField(ContactField.Kind.choices, default=ContactField.Kind.TEXT)


class ImportBody(StrictSerializer):
    """How a file is read, or what its columns are."""

    encoding = serializers.ChoiceField(["utf-8", "utf-8-sig", "cp932", "euc_jp", "utf-16"], required=False)
    delimiter = serializers.ChoiceField([",", ";", "\t"], required=False)
    has_header = StrictFlag(required=False)
    columns = serializers.ListField(child=ColumnBody(), required=False, min_length=1, max_length=500)
