"""Who is called with events, the calls, and every time that one was made (docs/adr/0021-webhooks.md)."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.tenancy import TenantOwned


class WebhookEndpoint(TenantOwned):
    """A developer's server. Empty `types`, `streams`, `tags` ask for everything; shown as `whk_…`."""

    class State(models.TextChoices):
        """DISABLED is ours, after days of failure or a 410; PAUSED is a person's."""

        ACTIVE = "active", _("Active")
        PAUSED = "paused", _("Paused")
        DISABLED = "disabled", _("Disabled")

    class Format(models.TextChoices):
        """What a call's body looks like."""

        STANDARD = "standard", _("Standard Webhooks")
        POSTMARK = "postmark", _("Postmark")

    class Mode(models.TextChoices):
        """Whose mail it is told of; never of both."""

        LIVE = "live", _("Real mail")
        TEST = "test", _("Mail of test keys")

    class Reason(models.TextChoices):
        """Why we disabled it."""

        FAILING = "failing", _("No call succeeded for 5 days")
        GONE = "gone", _("The server answered 410 Gone")

    #: Without a password.
    url = models.TextField()
    #: `name:password` of the address, for Basic authentication; null where it had none.
    userinfo_sealed = models.BinaryField(null=True)
    description = models.TextField(default="")
    types = ArrayField(models.TextField(), default=list)
    streams = ArrayField(models.SmallIntegerField(), default=list)
    tags = ArrayField(models.TextField(), default=list)
    mode = models.TextField(choices=Mode, default=Mode.LIVE, db_default=Mode.LIVE)
    format = models.TextField(choices=Format, default=Format.STANDARD)
    #: Events that one call may carry.
    batch = models.SmallIntegerField(default=1)
    state = models.TextField(choices=State, default=State.ACTIVE)
    reason = models.TextField(default="", blank=True)
    disabled_at = models.DateTimeField(null=True)
    #: When people were told that it was disabled.
    told_at = models.DateTimeField(null=True)
    secret_sealed = models.BinaryField()
    #: Signs beside the new one until then.
    old_secret_sealed = models.BinaryField(null=True)
    old_secret_until = models.DateTimeField(null=True)
    #: The number of the last event that became a call, or was not asked for.
    position = models.BigIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    #: Failures since the last success, since when, and until when only single calls are tried.
    failures = models.IntegerField(default=0)
    failing_since = models.DateTimeField(null=True)
    open_until = models.DateTimeField(null=True)
    last_success_at = models.DateTimeField(null=True)
    last_failure_at = models.DateTimeField(null=True)
    last_error = models.TextField(default="")

    class Meta(TenantOwned.Meta):
        indexes = [models.Index(fields=["tenant", "id"], name="webhookendpoint_tenant_id")]

    def __str__(self) -> str:
        return self.url


class WebhookCall(TenantOwned):
    """One body for one endpoint, tried until it is taken or given up; no foreign keys."""

    class State(models.TextChoices):
        """WAITING is open; `next_attempt_at` says when it is due, and is the lease of who makes the call."""

        WAITING = "waiting", _("Waiting")
        DELIVERED = "delivered", _("Delivered")
        FAILED = "failed", _("Given up")

    class Origin(models.TextChoices):
        """Why it is made."""

        EVENT = "event", _("Event")
        REPLAY = "replay", _("Replay")
        TEST = "test", _("Test")

    pk = models.CompositePrimaryKey("tenant", "id")
    id = models.UUIDField()
    endpoint_id = models.BigIntegerField()
    origin = models.TextField(choices=Origin)
    #: The header webhook-id: the event's id, the same however often it is told.
    webhook_id = models.TextField()
    types = ArrayField(models.TextField(), default=list)
    #: Events in it, and the number of the first.
    n = models.SmallIntegerField(default=1)
    first = models.BigIntegerField(default=0)
    message_id = models.UUIDField(null=True)
    body = models.TextField()
    state = models.TextField(choices=State, default=State.WAITING)
    #: Somebody waits for it: it is tried also while the endpoint rests.
    urgent = models.BooleanField(default=False)
    attempts = models.SmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField()
    last_status = models.SmallIntegerField(null=True)
    last_error = models.TextField(default="")
    created_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.webhook_id} {self.state}"


class WebhookAttempt(TenantOwned):
    """One request and what came back."""

    pk = models.CompositePrimaryKey("tenant", "call_id", "number")
    call_id = models.UUIDField()
    number = models.SmallIntegerField()
    at = models.DateTimeField()
    milliseconds = models.IntegerField()
    #: The address that was connected to; "" where none was.
    address = models.TextField(default="")
    request_headers = models.TextField(default="")
    status = models.SmallIntegerField(null=True)
    #: Why there is no status: a code of relay_saas.net.
    error = models.TextField(default="")
    detail = models.TextField(default="")
    response_headers = models.TextField(default="")
    #: Its beginning; bytes that are no text are replaced.
    response_body = models.TextField(default="")
    response_cut = models.BooleanField(default=False)

    def __str__(self) -> str:
        return f"{self.call_id} #{self.number} {self.status or self.error}"


class WebhookHour(TenantOwned):
    """Sums of an endpoint's attempts by hour, written with them."""

    pk = models.CompositePrimaryKey("tenant", "endpoint_id", "hour")
    endpoint_id = models.BigIntegerField()
    hour = models.DateTimeField()
    succeeded = models.BigIntegerField(default=0)
    failed = models.BigIntegerField(default=0)
    milliseconds = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.endpoint_id} {self.hour} {self.succeeded}"


class WebhookReplay(TenantOwned):
    """Events of a stretch of the feed that an endpoint gets once more."""

    endpoint = models.ForeignKey(WebhookEndpoint, on_delete=models.CASCADE, related_name="+")
    #: The last number that became a call again, and the last that will.
    position = models.BigIntegerField()
    last = models.BigIntegerField()
    since = models.DateTimeField()
    until = models.DateTimeField()
    calls = models.BigIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    done_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.endpoint_id} {self.position}..{self.last}"
