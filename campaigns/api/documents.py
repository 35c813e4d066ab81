"""What the API answers about contacts, lists, suppressions, templates and campaigns."""

from typing import Any

from rest_framework import serializers

from campaigns.models import Campaign, ContactField, Subscription, Suppression
from relay_saas.web.api_fields import FieldValues, Moment, UuidId
from relay_saas.web.prefixed import PublicId


class Document(serializers.Serializer[Any]):
    """The base of answers: nothing is read from it."""


class FieldDocument(Document):
    """A field of contacts; templates say `contact.<key>`."""

    id = PublicId("fld", source="pk")
    key = serializers.CharField()
    label = serializers.CharField()
    kind = serializers.ChoiceField(ContactField.Kind.choices)
    default = serializers.JSONField(
        source="merge_default", help_text="What mail says where a contact has no value; null: nothing."
    )


class PlaceDocument(Document):
    """A contact's place on one list."""

    list = PublicId("lst", source="mailing_list_id")
    name = serializers.CharField(source="mailing_list.name")
    state = serializers.ChoiceField(Subscription.State.choices)
    source = serializers.CharField(help_text="How it came to be.")
    reason = serializers.CharField(help_text="Why somebody changed it.")
    changed_at = Moment()


class StopDocument(Document):
    """What stands against an address."""

    id = PublicId("sup", source="pk")
    scope = serializers.ChoiceField(Suppression.Scope.choices)
    reason = serializers.ChoiceField(Suppression.Reason.choices)


class ContactDocument(Document):
    """A recipient that the organization knows."""

    id = PublicId("con", source="contact.pk")
    email = serializers.CharField(source="contact.email")
    fields = FieldValues(source="contact.attrs", help_text="Values by the key of their field.")
    subscriptions = PlaceDocument(many=True)
    suppressions = StopDocument(many=True)
    created_at = Moment(source="contact.created_at")
    updated_at = Moment(source="contact.updated_at")


class ListDocument(Document):
    """A list that people join and leave."""

    id = PublicId("lst", source="mailing_list.pk")
    name = serializers.CharField(source="mailing_list.name")
    subscribed = serializers.IntegerField(source="heads.here")
    unsubscribed = serializers.IntegerField(source="heads.away")
    created_at = Moment(source="mailing_list.created_at")
    archived_at = Moment(source="mailing_list.archived_at", allow_null=True)


class SuppressionDocument(Document):
    """An address that is not mailed."""

    id = PublicId("sup", source="pk")
    email = serializers.CharField(source="email_key")
    scope = serializers.ChoiceField(Suppression.Scope.choices)
    reason = serializers.ChoiceField(Suppression.Reason.choices)
    detail = serializers.CharField()
    message = UuidId("msg", source="message_id", allow_null=True)
    provisional_until = Moment(allow_null=True)
    created_at = Moment()


class TemplateSummary(Document):
    """A template without what it says."""

    id = PublicId("tpl", source="pk")
    name = serializers.CharField()
    markup = serializers.ChoiceField(Campaign.Markup.choices)
    version = serializers.IntegerField()
    created_at = Moment()
    updated_at = Moment()
    archived_at = Moment(allow_null=True)


class TemplateDocument(TemplateSummary):
    """A mail to begin campaigns with."""

    html = serializers.CharField(source="html_source")
    text = serializers.CharField(source="text_source", help_text="Empty: made from the HTML.")


class CampaignSummary(Document):
    """A campaign without what it says."""

    id = PublicId("cmp", source="pk")
    name = serializers.CharField()
    state = serializers.ChoiceField(Campaign.State.choices)
    version = serializers.IntegerField(help_text="How often the draft was saved.")
    list = PublicId("lst", source="mailing_list_id", allow_null=True)
    from_name = serializers.CharField()
    from_address = serializers.CharField()
    reply_to = serializers.CharField()
    subject = serializers.CharField()
    preheader = serializers.CharField()
    tags = serializers.ListField(child=serializers.CharField())
    markup = serializers.ChoiceField(Campaign.Markup.choices)
    scheduled_at = Moment(allow_null=True)
    launched_at = Moment(allow_null=True)
    finished_at = Moment(allow_null=True)
    archived_at = Moment(allow_null=True)
    launch_refusal = serializers.CharField(help_text="What stopped it when its time came.")
    audience = serializers.IntegerField(allow_null=True, help_text="Messages that the launch wrote.")
    left_out = serializers.DictField(
        child=serializers.IntegerField(), help_text="People of the list without a message, by reason."
    )
    repeat_of = PublicId("cmp", source="repeat_of_id", allow_null=True)
    created_at = Moment()
    updated_at = Moment()


class CampaignDocument(CampaignSummary):
    """A mailing to a list."""

    html = serializers.CharField(source="html_source")
    text = serializers.CharField(source="text_source", help_text="Empty: made from the HTML.")


class FindingDocument(Document):
    """Something to mend (`must`), to look at (`warning`) or that is well (`ok`)."""

    code = serializers.CharField()
    level = serializers.ChoiceField(["must", "warning", "ok"])
    part = serializers.CharField()
    message = serializers.CharField()


class AudienceDocument(Document):
    """Who would get it now."""

    total = serializers.IntegerField()
    reachable = serializers.IntegerField()
    left_out = serializers.DictField(child=serializers.IntegerField())


class CheckDocument(Document):
    """The check list of a draft."""

    ready = serializers.BooleanField(help_text="Whether nothing stands in the way of the launch.")
    audience = AudienceDocument()
    findings = FindingDocument(many=True)


class PreviewDocument(Document):
    """A mail, merged for one person."""

    subject = serializers.CharField()
    html = serializers.CharField()
    text = serializers.CharField()


class JobSummary(Document):
    """Where a piece of long work stands."""

    id = PublicId("job", source="pk")
    state = serializers.CharField()
    done = serializers.IntegerField()
    total = serializers.IntegerField(allow_null=True)


class ColumnDocument(Document):
    """What a column of the file is."""

    name = serializers.CharField()
    target = serializers.CharField(help_text="`skip`, `email`, `new`, or the key of a field.")
    label = serializers.CharField(help_text="Of a new field.")
    kind = serializers.ChoiceField(ContactField.Kind.choices)


class ImportDocument(Document):
    """A file of contacts on its way into a list."""

    id = PublicId("imp", source="pk")
    list = PublicId("lst", source="mailing_list_id")
    file_name = serializers.CharField()
    stage = serializers.CharField(
        help_text="`draft`, `running`, `done`, `failed`, `cancelled`, `undoing` or `undone`."
    )
    consent = serializers.CharField()
    consent_note = serializers.CharField()
    encoding = serializers.CharField()
    delimiter = serializers.CharField()
    has_header = serializers.BooleanField()
    checked = serializers.BooleanField(help_text="Whether it can be started.")
    findings = serializers.JSONField(help_text="What the check found; null before its end.")
    check_job = JobSummary(allow_null=True)
    job = JobSummary(allow_null=True)
    undo_job = JobSummary(allow_null=True)
    counts = serializers.DictField(child=serializers.IntegerField(), source="numbers")
    not_taken = serializers.IntegerField(help_text="Rows of the errors file.")
    created_at = Moment()
    imported_at = Moment(allow_null=True)
    undo_until = Moment(allow_null=True)
    undone_at = Moment(allow_null=True)


class ImportWithColumns(ImportDocument):
    """An import with its columns, while they can still be changed."""

    columns = ColumnDocument(many=True)
