"""Mail that the customer built: its octets, and what makes a second delivery of it recognizable."""

from django.db import models

from accounts.tenancy import TenantOwned


class RawMail(TenantOwned):
    """The octets of a content that came as a whole message; header fields as they were left by the checks."""

    pk = models.CompositePrimaryKey("tenant", "content_id")
    content_id = models.BigIntegerField()
    #: Fields with CRLF each, without the empty line behind them.
    head = models.BinaryField()
    #: Exactly as it came.
    body = models.BinaryField()
    #: Texts with the relay's links in them: `[{"kind", "start", "end", "fields"}]` (mail/raw_form.py).
    parts = models.JSONField(default=list)
    #: It came from `<>` and leaves as `<>`.
    null_sender = models.BooleanField(default=False)

    def __str__(self) -> str:
        return str(self.content_id)


class SubmissionReceipt(TenantOwned):
    """One recipient of one message that came by SMTP: whoever sends the same again gets the same answer.

    With a Message-ID `digest` is made of the credential, the id, the recipient and the body, and `witness` of
    all but the body. With an idempotency key the body is left out of `digest`, and `witness` is its hash.
    """

    digest = models.BinaryField()
    witness = models.BinaryField()
    submission_id = models.UUIDField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(TenantOwned.Meta):
        constraints = [models.UniqueConstraint(fields=["tenant", "digest"], name="receipt_tenant_digest")]
        indexes = [
            models.Index(fields=["tenant", "witness"], name="receipt_tenant_witness"),
            models.Index(fields=["created_at"], name="receipt_created"),
        ]

    def __str__(self) -> str:
        return str(self.submission_id)
