"""A developer's key: shown once, stored as a keyed hash."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.tenancy import TenantOwned


class KeyScope(models.TextChoices):
    """What a key may do."""

    MESSAGES_SEND = "messages.send", _("Send mail")
    MESSAGES_READ = "messages.read", _("Read what became of mail")


class ApiKey(TenantOwned):
    """`rly_live_<id>_<secret>`; `hash` is HMAC-SHA-256 with the installation's pepper, globally unique."""

    name = models.TextField()
    prefix = models.TextField()
    hash = models.BinaryField(unique=True)
    scopes = ArrayField(models.TextField(), default=list)
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.prefix
