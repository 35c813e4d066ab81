"""Who is to be told what became of a message (RFC 3461)."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from accounts.tenancy import TenantOwned


class NoticeRequest(TenantOwned):
    """One message of a credential that gets reports; open until its last word was said."""

    pk = models.CompositePrimaryKey("tenant", "message_id")
    message_id = models.UUIDField()
    submission_id = models.UUIDField()
    credential_id = models.BigIntegerField()
    #: Of `FAILURE`, `DELAY`, `SUCCESS`.
    notify = ArrayField(models.TextField())
    #: `type;address`, as RCPT TO said it; "" where it did not.
    original = models.TextField(default="")
    #: When a message that still waits counts as delayed; null: nobody asked, or it was told.
    delay_at = models.DateTimeField(null=True)
    #: When the last word was said, or found to be none of the sender's business.
    closed_at = models.DateTimeField(null=True)
    #: When a report about it was last written; reports of a credential are counted by it.
    told_at = models.DateTimeField(null=True)

    class Meta(TenantOwned.Meta):
        indexes = [
            models.Index(
                fields=["message_id"], condition=models.Q(closed_at=None), name="noticerequest_open"
            ),
            models.Index(
                fields=["tenant", "credential_id", "told_at"],
                condition=models.Q(told_at__isnull=False),
                name="noticerequest_told",
            ),
            models.Index(fields=["tenant", "submission_id"], name="noticerequest_submission"),
        ]

    def __str__(self) -> str:
        return str(self.message_id)
