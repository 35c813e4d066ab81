"""Message (what, to whom), Attempt (what happened; the last one is the state), and their sums. Insert only.

The tables are made by SQL in the first migration: Message, Attempt and Transcript are partitioned by the
month in
the message's version-7 id, and their database keys begin with the tenant (docs/adr/0002-ledger.md).
"""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.tenancy import TenantOwned
from delivery.models.stream import Stream


class AttemptState(models.IntegerChoices):
    """What an attempt says of its message; OPEN ones leave it in the queue. Transitions:
    delivery_transition."""

    DELIVERED = 1, _("Delivered")
    DEFERRED = 2, _("Deferred")
    BOUNCED = 3, _("Bounced")
    FAILED = 4, _("Failed")
    SUPPRESSED = 5, _("Suppressed")
    EXPIRED = 6, _("Expired")
    CANCELLED = 7, _("Cancelled")
    IN_DOUBT = 8, _("In doubt")
    #: A transactional message's first doubt: an attempt only, it stays queued.
    DOUBTED = 9, _("Once in doubt")

    @classmethod
    def open_states(cls) -> frozenset["AttemptState"]:
        """States after which the message is still to be delivered."""
        return frozenset({cls.DEFERRED, cls.DOUBTED})


class Message(TenantOwned):
    """One recipient's copy. `merge` holds exactly the fields that the content names, copied at launch."""

    id = models.UUIDField(primary_key=True, editable=False)
    stream = models.SmallIntegerField(choices=Stream)
    campaign_id = models.BigIntegerField(null=True)
    contact_id = models.BigIntegerField(null=True)
    submission_id = models.UUIDField(null=True)
    content_id = models.BigIntegerField()
    rcpt = models.TextField()
    rcpt_key = models.TextField()
    domain_id = models.IntegerField()
    merge = models.JSONField(default=dict)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.id} {self.rcpt}"


class Attempt(TenantOwned):
    """One outcome; `code` is null where no server answered (expired, cancelled, suppressed, in doubt)."""

    pk = models.CompositePrimaryKey("tenant", "message_id", "number")
    message_id = models.UUIDField()
    number = models.SmallIntegerField()
    campaign_id = models.BigIntegerField(null=True)
    state = models.SmallIntegerField(choices=AttemptState)
    #: Bounce class of engine terms (`recipient_unknown`, `rate_limited`, …) or the reason of a suppression.
    category = models.TextField(default="")
    code = models.SmallIntegerField(null=True)
    enhanced = models.TextField(default="")
    #: Where the answer came: connect, banner, ehlo, starttls, mail, rcpt, data, dot.
    stage = models.TextField(default="")
    rule = models.TextField(default="")
    reply_id = models.BigIntegerField(null=True)
    host = models.TextField(default="")
    provider_id = models.IntegerField(default=0)
    source_id = models.IntegerField(null=True)
    tls = models.BooleanField(null=True)
    #: The address and port that was spoken to, and how it was encrypted; null where nobody was.
    endpoint_id = models.IntegerField(null=True)
    #: Octets of the message as composed for this attempt; null where it was not composed.
    size = models.IntegerField(null=True)
    #: Milliseconds: mail, rcpt, data, dot, or those of opening a session.
    timings = ArrayField(models.IntegerField(), default=list)
    at = models.DateTimeField()
    #: The Date header, fixed by the first attempt.
    dated_at = models.DateTimeField(null=True)
    next_attempt_at = models.DateTimeField(null=True)
    run_id = models.UUIDField(null=True)

    def __str__(self) -> str:
        return f"{self.message_id} #{self.number} {self.state}"


class Transcript(TenantOwned):
    """The session's lines of one attempt, own transaction only; kept where the answer was not 2xx."""

    pk = models.CompositePrimaryKey("tenant", "message_id", "number")
    message_id = models.UUIDField()
    number = models.SmallIntegerField()
    lines = models.TextField()

    def __str__(self) -> str:
        return f"{self.message_id} #{self.number}"


class Reply(TenantOwned):
    """Dictionary of normalised replies, so that an attempt carries a number and not a text."""

    digest = models.BinaryField()
    text = models.TextField()

    class Meta(TenantOwned.Meta):
        constraints = [models.UniqueConstraint(fields=["tenant", "digest"], name="reply_tenant_digest")]

    def __str__(self) -> str:
        return self.text


class Counter(TenantOwned):
    """Messages by final state, exact because written with the attempts; campaign 0 is mail without a
    campaign."""

    pk = models.CompositePrimaryKey("tenant", "campaign_id", "state", "shard")
    campaign_id = models.BigIntegerField()
    state = models.SmallIntegerField(choices=AttemptState)
    shard = models.SmallIntegerField()
    n = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.campaign_id} {self.state} {self.n}"


class Rollup(TenantOwned):
    """Attempts by provider and minute, from the same batches as Counter (charts and the provider table)."""

    pk = models.CompositePrimaryKey("tenant", "campaign_id", "minute", "provider_id", "state", "shard")
    campaign_id = models.BigIntegerField()
    minute = models.DateTimeField()
    provider_id = models.IntegerField()
    state = models.SmallIntegerField(choices=AttemptState)
    shard = models.SmallIntegerField()
    n = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.campaign_id} {self.minute} {self.n}"
