"""The one row that makes a launch happen once."""

from django.db import models

from accounts.tenancy import TenantOwned


class Launch(TenantOwned):
    """Unique per campaign: twenty clicks find the same row."""

    campaign_id = models.BigIntegerField()
    requested_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    written = models.BigIntegerField(default=0)

    class Meta(TenantOwned.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant", "campaign_id"], name="launch_tenant_campaign")
        ]

    def __str__(self) -> str:
        return f"launch of {self.campaign_id}"
