"""A person who was asked to join an organization: a link by mail, good for seven days and one use."""

from django.db import models
from django.utils import timezone

from accounts.models.membership import Role
from accounts.tenancy import TenantOwned


class Invitation(TenantOwned):
    """`hash` is the keyed hash of the link's token; a new mail makes a new token."""

    email = models.TextField()
    role = models.TextField(choices=Role)
    hash = models.BinaryField(unique=True)
    #: Whose invitation it is, as the mail names them.
    invited_by = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta(TenantOwned.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "email"],
                condition=models.Q(accepted_at=None, revoked_at=None),
                name="invitation_open_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.email} {self.role}"

    @property
    def expired(self) -> bool:
        """Whether its link is too old."""
        return self.expires_at <= timezone.now()
