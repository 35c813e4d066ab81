"""What holds beside the shipped limits: suspensions and slow-downs by an operator, a rule or the engine, each
with its scope, its reason and its end. PostgreSQL's row is the truth; no cache can lift one."""

from dataclasses import asdict, dataclass
from typing import Any, Final
from uuid import UUID

from django.db import models
from django.db.models.functions import Now

from delivery.models.stream import Stream

#: The rule of the policies that hold a sending domain whose DNS records broke.
DOMAIN_DRIFT: Final = "domain_drift"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What a policy is about; a part that is None or "" stands for any, an empty scope for everything."""

    provider_id: int | None = None
    site_id: int | None = None
    #: One server of a site, by its MX name.
    host: str = ""
    source_id: int | None = None
    pool_id: int | None = None
    stream: int | None = None
    tenant_id: UUID | None = None
    #: A tenant's sending domain.
    domain: str = ""
    campaign_id: int | None = None

    def parts(self) -> dict[str, Any]:
        """The parts that are given."""
        return {name: value for name, value in asdict(self).items() if value not in {None, ""}}


class PolicyAction(models.TextChoices):
    """What a policy does. A number goes with all but the first."""

    SUSPEND = "suspend"
    CONNECTIONS = "connections"
    MESSAGES_PER_CONNECTION = "messages_per_connection"
    RATE_PER_MINUTE = "rate_per_minute"


class PolicyState(models.Model):
    """One policy; never deleted, so that the past can be explained."""

    provider_id = models.IntegerField(null=True)
    site_id = models.BigIntegerField(null=True)
    host = models.TextField(default="", blank=True)
    source_id = models.BigIntegerField(null=True)
    pool_id = models.BigIntegerField(null=True)
    stream = models.SmallIntegerField(choices=Stream, null=True)
    # The column is not called tenant_id, because the table is the operators': no tenant's page reads it.
    tenant_id = models.UUIDField(null=True, db_column="of_tenant")
    domain = models.TextField(default="", blank=True)
    campaign_id = models.BigIntegerField(null=True)
    action = models.TextField(choices=PolicyAction)
    value = models.IntegerField(null=True)
    #: The reply-driven rule that raised it, or "".
    rule = models.TextField(default="", blank=True)
    #: The reply that made it so, addresses removed.
    evidence = models.TextField(default="", blank=True)
    reason = models.TextField()
    #: "rule", "engine", "operator" or a person's address.
    set_by = models.TextField()
    created_at = models.DateTimeField(db_default=Now())
    #: When it ends by itself; null: when somebody lifts it.
    until = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.TextField(default="", blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["until"], condition=models.Q(ended_at=None), name="policystate_not_ended")
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(action="suspend") | models.Q(value__isnull=False, value__gt=0),
                name="policystate_has_value",
            )
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.scope.parts()}"

    @property
    def scope(self) -> Scope:
        """What it is about."""
        return Scope(**{name: getattr(self, name) for name in Scope.__dataclass_fields__})
