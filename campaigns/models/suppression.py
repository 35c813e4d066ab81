"""Addresses that must not be mailed, whatever list they are on."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.tenancy import TenantOwned


class Suppression(TenantOwned):
    """Looked up at launch, at submission and once more before DATA."""

    class Scope(models.TextChoices):
        """Which streams it stops: an undeliverable address is so for all, an opt-out for marketing."""

        ALL = "all", _("All mail")
        MARKETING = "marketing", _("Marketing")

    class Reason(models.TextChoices):
        """Why."""

        BOUNCED = "bounced", _("Undeliverable")
        COMPLAINED = "complained", _("Complaint")
        UNSUBSCRIBED = "unsubscribed", _("Unsubscribed")
        MANUAL = "manual", _("Added by hand")

    email_key = models.TextField()
    scope = models.TextField(choices=Scope)
    reason = models.TextField(choices=Reason)
    #: The rule and the reply, or who asked.
    detail = models.TextField(default="")
    message_id = models.UUIDField(null=True)
    #: Of an undeliverable address: the row of the bounce table that said so, and whose servers did.
    rule = models.TextField(db_default="")
    site_id = models.BigIntegerField(null=True)
    #: Until then it is easily taken back, because a whole provider may have been wrong; null: for good.
    provisional_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(TenantOwned.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "email_key", "scope"], name="suppression_tenant_email_scope"
            )
        ]
        indexes = [models.Index(fields=["created_at"], name="suppression_created_at")]

    def __str__(self) -> str:
        return f"{self.email_key} {self.scope}"
