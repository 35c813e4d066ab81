"""What is to be done: lanes, their entries, and the queue runs that take work."""

from django.db import models

from accounts.tenancy import TenantOwned
from delivery.models.routing import EgressPool, EgressSource, Site
from delivery.models.stream import Stream


class Lane(TenantOwned):
    """(pool or pinned source, site, stream, tenant, campaign). Site null: the domain is not resolved yet."""

    pool = models.ForeignKey(EgressPool, on_delete=models.PROTECT, related_name="+", db_index=False)
    source = models.ForeignKey(
        EgressSource, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    site = models.ForeignKey(Site, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    stream = models.SmallIntegerField(choices=Stream)
    campaign_id = models.BigIntegerField(null=True)
    #: What stands here without a campaign leaves from this sending domain alone, since that was paused once;
    #: "": from any. A campaign has one anyway.
    sending_domain = models.TextField(default="", db_default="", blank=True)
    #: Set while nothing of the lane may go out before then (a site that suspended us).
    not_before = models.DateTimeField(null=True)

    class Meta(TenantOwned.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "pool", "source", "site", "stream", "campaign_id", "sending_domain"],
                nulls_distinct=False,
                name="lane_key",
            )
        ]

    def __str__(self) -> str:
        return f"lane {self.pk}"


class QueueEntry(TenantOwned):
    """Open work on one message; deleted when it is settled. A claim writes `run_id` and raises `fence`."""

    pk = models.CompositePrimaryKey("tenant", "message_id")
    message_id = models.UUIDField()
    lane_id = models.BigIntegerField()
    domain_id = models.IntegerField()
    campaign_id = models.BigIntegerField(null=True)
    #: Attempts made so far.
    attempts = models.SmallIntegerField(default=0)
    doubts = models.SmallIntegerField(default=0)
    fence = models.IntegerField(default=0)
    run_id = models.UUIDField(null=True)
    next_attempt_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    dated_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return str(self.message_id)


class QueueRun(models.Model):
    """One process that takes work: the lease of everything it claimed. `slot` bounds the runs of a host."""

    id = models.UUIDField(primary_key=True, editable=False)
    host = models.TextField()
    slot = models.SmallIntegerField()
    boot_id = models.TextField()
    pid = models.IntegerField()
    journal = models.TextField()
    started_at = models.DateTimeField()
    heartbeat_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["host", "slot"], condition=models.Q(closed_at=None), name="queuerun_one_per_slot"
            )
        ]

    def __str__(self) -> str:
        return f"{self.host}/{self.slot}"


class Permit(models.Model):
    """Connections that a run may hold from one source to one provider; ends with the run."""

    pk = models.CompositePrimaryKey("run", "source", "provider")
    run = models.ForeignKey(QueueRun, on_delete=models.CASCADE, related_name="+", db_index=False)
    source = models.ForeignKey(EgressSource, on_delete=models.CASCADE, related_name="+", db_index=False)
    provider = models.ForeignKey(
        "delivery.Provider", on_delete=models.CASCADE, related_name="+", db_index=False
    )
    n = models.SmallIntegerField()

    def __str__(self) -> str:
        return f"{self.n}"
