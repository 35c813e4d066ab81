"""What a mail program signs in with: shown once, stored as a keyed hash."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from accounts.models.stream import Stream
from accounts.tenancy import TenantOwned


class SmtpCredential(TenantOwned):
    """`hash` is HMAC-SHA-256 of user name and password with the installation's pepper, globally unique."""

    name = models.TextField()
    username = models.TextField()
    hash = models.BinaryField(unique=True)
    #: Patterns of relay_saas.mail.from_pattern in their one form; empty: every verified domain.
    allowed_from = ArrayField(models.TextField(), default=list)
    #: Where it may be used from, CIDR; empty: from everywhere.
    networks = ArrayField(models.TextField(), default=list)
    stream = models.SmallIntegerField(choices=Stream, default=Stream.TRANSACTIONAL)
    track_opens = models.BooleanField(default=False)
    track_clicks = models.BooleanField(default=False)
    #: Recipients in a minute and in a day of the organization's time zone; null: no limit of its own.
    rate_per_minute = models.IntegerField(null=True)
    daily_limit = models.IntegerField(null=True)
    #: Who gets a report when mail of it does not arrive; empty: nobody, and DSN is not offered.
    bounce_notice = models.TextField(default="")
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta(TenantOwned.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant", "username"], name="smtpcredential_username"),
            models.UniqueConstraint(
                fields=["tenant", "name"], condition=models.Q(revoked_at=None), name="smtpcredential_name"
            ),
        ]

    def __str__(self) -> str:
        return self.username


class SmtpAllowance(TenantOwned):
    """What a credential has used of its limits: one row each, in this minute and on this day."""

    pk = models.CompositePrimaryKey("tenant", "credential_id")
    credential_id = models.BigIntegerField()
    minute = models.DateTimeField()
    minute_count = models.IntegerField()
    day = models.DateField()
    day_count = models.IntegerField()

    def __str__(self) -> str:
        return f"{self.credential_id} {self.day} {self.day_count}"
