"""What stands above the shipped limits: an operator's overrides, and what sites have taught."""

from django.db import models
from django.db.models.functions import Now


class ShapingOverride(models.Model):
    """One setting for one scope, in place of the shipped one; the more of the scope is named, the more it
    counts."""

    provider_id = models.IntegerField(null=True)
    site_id = models.BigIntegerField(null=True)
    source_id = models.BigIntegerField(null=True)
    pool_id = models.BigIntegerField(null=True)
    # The column is not called tenant_id, because the table is the operators': no tenant's page reads it.
    tenant_id = models.UUIDField(null=True, db_column="of_tenant")
    setting = models.TextField()
    value = models.TextField()
    reason = models.TextField(default="", blank=True)
    set_by = models.TextField()
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["provider_id", "site_id", "source_id", "pool_id", "tenant_id", "setting"],
                nulls_distinct=False,
                name="shapingoverride_scope",
            )
        ]

    def __str__(self) -> str:
        return f"{self.setting}={self.value}"


class SiteFeedback(models.Model):
    """Connections that a site takes from one of our addresses, and whether it is away; shared by all runs."""

    pk = models.CompositePrimaryKey("source_id", "site_id")
    source_id = models.BigIntegerField()
    site_id = models.BigIntegerField()
    #: Learned: grows by 1/n with a success, shrinks by 1/n with a failure.
    connections = models.FloatField()
    #: Outages in a row: no server took a connection.
    failures = models.SmallIntegerField(default=0)
    #: Nobody tries before then.
    quiet_until = models.DateTimeField(null=True)
    #: When a session was opened last; null: never.
    opened_at = models.DateTimeField(null=True)
    updated_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"{self.connections:.1f}"


class RuleHit(models.Model):
    """How often a reply-driven rule was heard in one minute, in one scope; kept for an hour."""

    pk = models.CompositePrimaryKey("rule", "scope", "minute")
    rule = models.TextField()
    scope = models.TextField()
    minute = models.DateTimeField()
    n = models.IntegerField()

    def __str__(self) -> str:
        return f"{self.rule} {self.n}"
