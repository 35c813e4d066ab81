"""Mail that came back to a return path or an unsubscribe address."""

from django.db import models

from accounts.tenancy import TenantOwned


class InboundMail(TenantOwned):
    """Kept as it came; `handled_at` null means that no one has acted on it yet."""

    class Kind(models.TextChoices):
        """What it turned out to be."""

        DSN = "dsn"
        UNSUBSCRIBE = "unsubscribe"
        OTHER = "other"

    kind = models.TextField(choices=Kind)
    message_id = models.UUIDField()
    mail_from = models.TextField()
    raw = models.BinaryField()
    received_at = models.DateTimeField(auto_now_add=True)
    handled_at = models.DateTimeField(null=True)

    class Meta(TenantOwned.Meta):
        indexes = [
            models.Index(fields=["tenant", "message_id"], name="inbound_tenant_message"),
            models.Index(fields=["id"], condition=models.Q(handled_at=None), name="inbound_waiting"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.message_id}"
