"""Engagements, their first per message, and their sums. Partitioned like the ledger, insert only."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.tenancy import TenantOwned


class Engagement(TenantOwned):
    """One open, click or opt-out; `machine` says that no person did it, `reason` why we think so."""

    class Kind(models.TextChoices):
        """Anymail's words."""

        OPENED = "opened", _("Opened")
        CLICKED = "clicked", _("Clicked")
        UNSUBSCRIBED = "unsubscribed", _("Unsubscribed")
        RESUBSCRIBED = "subscribed", _("Subscribed again")
        COMPLAINED = "complained", _("Complained")

    pk = models.CompositePrimaryKey("tenant", "message_id", "id")
    message_id = models.UUIDField()
    id = models.UUIDField()
    kind = models.TextField(choices=Kind)
    campaign_id = models.BigIntegerField(null=True)
    link_index = models.SmallIntegerField(null=True)
    machine = models.BooleanField(default=False)
    reason = models.TextField(default="")
    address = models.TextField(default="")
    user_agent = models.TextField(default="")
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.kind} {self.message_id}"


class Reaction(TenantOwned):
    """The first engagement of a kind on a message; makes unique counts exact."""

    pk = models.CompositePrimaryKey("tenant", "message_id", "kind", "machine")
    message_id = models.UUIDField()
    kind = models.TextField(choices=Engagement.Kind)
    machine = models.BooleanField()
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.kind} {self.message_id}"


class EngagementCounter(TenantOwned):
    """Sums by campaign, kind and machine: all of them, and messages with at least one. Campaign 0: no
    campaign."""

    pk = models.CompositePrimaryKey("tenant", "campaign_id", "kind", "machine")
    campaign_id = models.BigIntegerField()
    kind = models.TextField(choices=Engagement.Kind)
    machine = models.BooleanField()
    total = models.BigIntegerField(default=0)
    messages = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.campaign_id} {self.kind} {self.messages}"


class EngagementRollup(TenantOwned):
    """The same sums by hour and link: all engagements, and messages whose first of the kind it was.

    Over hours and links they add up to EngagementCounter. Link -1: no link.
    """

    pk = models.CompositePrimaryKey("tenant", "campaign_id", "hour", "kind", "link_index", "machine")
    campaign_id = models.BigIntegerField()
    hour = models.DateTimeField()
    kind = models.TextField(choices=Engagement.Kind)
    link_index = models.SmallIntegerField()
    machine = models.BooleanField()
    total = models.BigIntegerField(default=0)
    messages = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.campaign_id} {self.hour} {self.kind} {self.total}"
