"""Links that show one message's way to somebody without an account."""

from django.db import models

from accounts.tenancy import TenantOwned


class MessageShare(TenantOwned):
    """A link: for whom it was made is not known; it ends by itself, or when it is taken back."""

    message_id = models.UUIDField()
    made_by = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    class Meta(TenantOwned.Meta):
        indexes = [models.Index(fields=["tenant", "message_id"], name="messageshare_message")]

    def __str__(self) -> str:
        return f"{self.message_id} until {self.expires_at:%Y-%m-%d}"
