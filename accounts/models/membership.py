"""Who belongs to which organization, and as what."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.tenancy import TenantOwned


class Role(models.TextChoices):
    """The seven roles of the capability table (accounts/permissions.py)."""

    OWNER = "owner", _("Owner")
    ADMIN = "admin", _("Administrator")
    MARKETER = "marketer", _("Marketer")
    APPROVER = "approver", _("Approver")
    ANALYST = "analyst", _("Analyst")
    DEVELOPER = "developer", _("Developer")
    BILLING = "billing", _("Billing")


class Membership(TenantOwned):
    """One person's role in one organization."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    role = models.TextField(choices=Role)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(TenantOwned.Meta):
        constraints = [models.UniqueConstraint(fields=["tenant", "user"], name="membership_tenant_user")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.role}"
