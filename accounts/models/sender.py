"""Who mail is from: a name and an address below a sending domain, kept for the next campaign."""

from django.db import models

from accounts.models.domain import SendingDomain
from accounts.tenancy import TenantOwned


class Sender(TenantOwned):
    """One From line; written by accounts.services.senders."""

    name = models.TextField(default="")
    address = models.TextField()
    domain = models.ForeignKey(SendingDomain, on_delete=models.CASCADE, related_name="senders")
    reply_to = models.TextField(default="")
    #: What a new campaign begins with.
    is_default = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(TenantOwned.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant", "address"], name="sender_tenant_address"),
            models.UniqueConstraint(
                fields=["tenant"], condition=models.Q(is_default=True), name="sender_default"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} <{self.address}>" if self.name else self.address
