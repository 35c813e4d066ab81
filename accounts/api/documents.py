"""What the API answers about domains, senders, keys, credentials, members and jobs."""

from typing import Any

from rest_framework import serializers

from accounts.api.audit_ids import changes_of, object_id
from accounts.models import AuditEvent, Job, Role, SendingDomain
from accounts.models.stream import Stream
from relay_saas.web.api_fields import Moment
from relay_saas.web.prefixed import PublicId

STREAM_WORDS = {"transactional": Stream.TRANSACTIONAL, "marketing": Stream.MARKETING}


class Document(serializers.Serializer[Any]):
    """The base of answers: nothing is read from it."""


class StreamWord(serializers.ChoiceField):
    """A stream by its word."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(list(STREAM_WORDS), **kwargs)

    def to_internal_value(self, data: Any) -> Any:
        """The stream; raises ValidationError."""
        return STREAM_WORDS[super().to_internal_value(data)]

    def to_representation(self, value: Any) -> str:
        """The word."""
        return value if isinstance(value, str) else Stream(value).name.lower()


class RecordDocument(Document):
    """A DNS record to set, and what DNS said of it last."""

    purpose = serializers.CharField()
    type = serializers.CharField()
    name = serializers.CharField()
    value = serializers.CharField()
    ok = serializers.BooleanField(allow_null=True, help_text="null: not looked at yet.")
    found = serializers.ListField(child=serializers.CharField())


class DomainSummary(Document):
    """A sending domain."""

    id = PublicId("dom", source="pk")
    name = serializers.CharField()
    state = serializers.ChoiceField(SendingDomain.State.choices)
    stream = StreamWord(allow_null=True, help_text="Whose own domain it is; null: any stream's.")
    verified_at = Moment(allow_null=True)
    checked_at = Moment(allow_null=True)
    created_at = Moment()


class DomainDocument(DomainSummary):
    """A sending domain with its records."""

    records = RecordDocument(many=True)


class SenderDocument(Document):
    """Who mail is from."""

    id = PublicId("snd", source="pk")
    name = serializers.CharField()
    address = serializers.CharField()
    reply_to = serializers.CharField()
    domain = PublicId("dom", source="domain_id")
    is_default = serializers.BooleanField()
    created_at = Moment()


class KeyDocument(Document):
    """An API key without its secret."""

    id = PublicId("key", source="pk")
    name = serializers.CharField()
    prefix = serializers.CharField()
    scopes = serializers.ListField(child=serializers.CharField())
    test = serializers.BooleanField()
    domains = serializers.ListField(child=serializers.CharField())
    networks = serializers.ListField(child=serializers.CharField())
    rate = serializers.IntegerField(allow_null=True)
    created_at = Moment()
    last_used_at = Moment(allow_null=True)
    expires_at = Moment(allow_null=True)
    revoked_at = Moment(allow_null=True)


class NewKeyDocument(KeyDocument):
    """A new key with its secret, which stands nowhere else."""

    secret = serializers.CharField()


class CredentialDocument(Document):
    """An SMTP credential without its password."""

    id = PublicId("cred", source="pk")
    name = serializers.CharField()
    username = serializers.CharField()
    allowed_from = serializers.ListField(child=serializers.CharField())
    networks = serializers.ListField(child=serializers.CharField())
    stream = StreamWord()
    track_opens = serializers.BooleanField()
    track_clicks = serializers.BooleanField()
    rate_per_minute = serializers.IntegerField(allow_null=True)
    daily_limit = serializers.IntegerField(allow_null=True)
    bounce_notice = serializers.CharField()
    created_at = Moment()
    last_used_at = Moment(allow_null=True)
    revoked_at = Moment(allow_null=True)


class NewCredentialDocument(CredentialDocument):
    """A new credential with its password, which stands nowhere else."""

    password = serializers.CharField()


class MemberDocument(Document):
    """A person of the organization."""

    id = PublicId("mem", source="pk")
    email = serializers.CharField(source="user.email")
    name = serializers.CharField(source="user.name")
    role = serializers.ChoiceField(Role.choices)
    created_at = Moment()


class InvitationDocument(Document):
    """Somebody who was asked to join."""

    id = PublicId("inv", source="pk")
    email = serializers.CharField()
    role = serializers.ChoiceField(Role.choices)
    invited_by = serializers.CharField()
    sent_at = Moment()
    expires_at = Moment()


class OrganizationDocument(Document):
    """What the organization says of itself."""

    slug = serializers.CharField(help_text="In the addresses of the dashboard.")
    name = serializers.CharField()
    locale = serializers.CharField(help_text="Of mails from us.")
    time_zone = serializers.CharField()
    legal_name = serializers.CharField()
    postal_address = serializers.CharField()
    contact_address = serializers.CharField()
    undo_seconds = serializers.IntegerField(
        allow_null=True, help_text="Until then “send now” can be taken back; null: as usual here."
    )


class AuditDocument(Document):
    """One deed."""

    id = PublicId("aud", source="pk")
    at = Moment()
    actor = serializers.CharField(help_text="A person’s address, `key:<name>`, or the system.")
    verb = serializers.CharField()
    object_type = serializers.CharField()
    object_id = serializers.SerializerMethodField(help_text="Empty where it has no id of its own.")
    changes = serializers.SerializerMethodField(help_text="What differs: a value, or before and after.")
    address = serializers.CharField(help_text="Where the request came from; empty: from the relay itself.")
    request_id = serializers.CharField()

    def get_object_id(self, event: AuditEvent) -> str:
        """As other routes name it."""
        return object_id(event)

    def get_changes(self, event: AuditEvent) -> dict[str, Any]:
        """By name."""
        return changes_of(event)


class JobFileDocument(Document):
    """The file that a job made."""

    name = serializers.CharField(source="result_name")
    type = serializers.CharField(source="result_type")
    size = serializers.IntegerField(source="result_size", allow_null=True)
    until = Moment(source="result_until", allow_null=True)


class JobDocument(Document):
    """Long work: how far it is, and what came of it."""

    id = PublicId("job", source="pk")
    kind = serializers.CharField()
    title = serializers.CharField()
    state = serializers.ChoiceField(Job.State.choices)
    done = serializers.IntegerField()
    total = serializers.IntegerField(allow_null=True)
    counts = serializers.DictField(child=serializers.IntegerField())
    error = serializers.JSONField(help_text="Code and sentence of what ended it; null: nothing did.")
    file = serializers.SerializerMethodField(help_text="`GET …/file` fetches it; null: there is none.")
    created_at = Moment()
    started_at = Moment(allow_null=True)
    finished_at = Moment(allow_null=True)

    def get_file(self, job: Job) -> dict[str, Any] | None:
        """Only of a job that ended well."""
        offered = job.state == Job.State.DONE and job.result_name
        return dict(JobFileDocument(job).data) if offered else None
