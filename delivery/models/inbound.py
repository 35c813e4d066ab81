"""Mail to our own addresses: return paths, unsubscribe addresses, complaint loops, role addresses."""

from django.db import models

from accounts.tenancy import TenantOwned


class InboundMail(TenantOwned):
    """Kept as it came; `handled_at` null means that no one has acted on it yet."""

    class Kind(models.TextChoices):
        """What it turned out to be."""

        DSN = "dsn"
        COMPLAINT = "complaint"
        UNSUBSCRIBE = "unsubscribe"
        #: A program's answer: on holiday, received, please confirm.
        AUTO_REPLY = "auto_reply"
        #: A person's answer, or a receipt that the mail was displayed (RFC 8098).
        REPLY = "reply"
        #: To postmaster@ or abuse@ (RFC 2142), for the operator's eyes.
        ROLE = "role"
        #: To dmarc@: a receiver's report about a domain; read and then emptied.
        DMARC = "dmarc"
        OTHER = "other"

    kind = models.TextField(choices=Kind)
    #: What it is about; null where it names no message of ours.
    message_id = models.UUIDField(null=True)
    #: Whom it was sent to.
    rcpt = models.TextField(default="")
    mail_from = models.TextField()
    raw = models.BinaryField()
    received_at = models.DateTimeField(auto_now_add=True)
    handled_at = models.DateTimeField(null=True)
    #: What a person did is told to reports; null: not yet told.
    told_at = models.DateTimeField(null=True)
    #: An operator has read it; null: nobody has.
    done_at = models.DateTimeField(null=True)
    done_by = models.TextField(db_default="")

    class Meta(TenantOwned.Meta):
        indexes = [
            models.Index(fields=["tenant", "message_id"], name="inbound_tenant_message"),
            models.Index(fields=["id"], condition=models.Q(handled_at=None), name="inbound_waiting"),
            models.Index(
                fields=["id"],
                condition=models.Q(told_at=None, kind__in=["complaint", "unsubscribe"]),
                name="inbound_untold",
            ),
            models.Index(
                fields=["id"],
                condition=models.Q(told_at=None, kind="dmarc"),
                name="inbound_unread_report",
            ),
            models.Index(
                fields=["id"],
                condition=models.Q(done_at=None)
                & (models.Q(kind="role") | models.Q(kind="complaint", message_id=None)),
                name="inbound_to_read",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.message_id}"


class InboundRefusal(models.Model):
    """How often a day an address was refused, and the last one; nothing of the mail is taken."""

    class Reason(models.TextChoices):
        """Why."""

        #: It looks like one of our tokens, but we did not sign it.
        FORGED = "forged"
        #: We have no such address.
        STRANGER = "stranger"

    pk = models.CompositePrimaryKey("day", "reason")
    day = models.DateField()
    reason = models.TextField(choices=Reason)
    n = models.BigIntegerField()
    peer = models.TextField()
    rcpt = models.TextField()
    last_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.day} {self.reason} {self.n}"
