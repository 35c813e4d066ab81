"""The domain that a tenant has authorised, and its signing keys."""

from datetime import datetime

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models.stream import Stream
from accounts.tenancy import TenantOwned


class SendingDomain(TenantOwned):
    """A tenant's subdomain: From, d=, return path and tracking host are below it
    (docs/adr/0005-identity.md)."""

    class State(models.TextChoices):
        """Where the DNS records stand."""

        PENDING = "pending", _("Waiting for DNS")
        VERIFIED = "verified", _("Verified")
        BROKEN = "broken", _("Records broke")

    name = models.TextField()
    #: Random; stands in every CNAME target, so that nobody else's zone can prove this domain for another
    #: tenant.
    label = models.TextField()
    state = models.TextField(choices=State, default=State.PENDING)
    #: `[{"purpose", "type", "name", "value", "found": [..], "ok": bool}]` of the last check.
    records = models.JSONField(default=list)
    verified_at = models.DateTimeField(null=True)
    checked_at = models.DateTimeField(null=True)
    #: When somebody asked for a check last; the next one is started only after a pause.
    check_asked_at = models.DateTimeField(null=True)
    #: The DNS zone that the name lies in, as DNS says; empty: not known. Some DNS hosts add it to names.
    zone = models.TextField(default="", db_default="")
    #: When it is looked at again by itself; null: now.
    next_check_at = models.DateTimeField(null=True)
    #: Since when records of a verified domain are missing or different; null: all stand.
    drifting_since = models.DateTimeField(null=True)
    #: Looks in a row that found it so; those that DNS did not answer are not among them.
    drift_looks = models.SmallIntegerField(default=0, db_default=0)
    #: `relay_saas.mail.posture.asks.Result.as_json()` of each check of the last closer look.
    checks = models.JSONField(default=list, db_default=models.Value([], models.JSONField()))
    #: When it was looked at closely.
    looked_at = models.DateTimeField(null=True)
    #: Links that show the records carry it; another number ends them all.
    share_number = models.IntegerField(default=0, db_default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    #: Off where a receiver cannot cope with a second signature.
    signs_ed25519 = models.BooleanField(default=True, db_default=True)
    #: The stream whose own domain it is: no other one's mail leaves from it. Null: any may.
    stream = models.SmallIntegerField(choices=Stream, null=True)

    class Meta(TenantOwned.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant", "name"], name="sendingdomain_tenant_name"),
            models.UniqueConstraint(fields=["tenant", "stream"], name="sendingdomain_of_stream"),
            models.UniqueConstraint(
                fields=["name"], condition=models.Q(state="verified"), name="sendingdomain_verified_once"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class DkimKey(TenantOwned):
    """One selector's key pair; the private half is sealed by the vault."""

    domain = models.ForeignKey(SendingDomain, on_delete=models.CASCADE, related_name="dkim_keys")
    selector = models.TextField()
    algorithm = models.TextField()
    private_sealed = models.BinaryField()
    public_txt = models.TextField()
    #: Whether it signs now.
    active = models.BooleanField(default=True)
    #: Since when its record stands in our zone beside those of the keys that sign; null: it does not.
    announced_at = models.DateTimeField(null=True)
    #: Since when it signs or has signed; null: since it was made, or not yet.
    signs_since = models.DateTimeField(null=True)
    #: Since when it signs no more.
    retired_at = models.DateTimeField(null=True)
    #: Since when it is known to others: it is to be replaced, and its record emptied, at once.
    revoked_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(TenantOwned.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant", "domain", "selector"], name="dkimkey_selector")
        ]

    def __str__(self) -> str:
        return f"{self.selector} {self.algorithm}"

    @property
    def signing_since(self) -> datetime | None:
        """Since when it signs; None where it does not."""
        return (self.signs_since or self.created_at) if self.active else None
