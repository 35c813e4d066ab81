"""The warm-up of new addresses: how much a provider may get from one of them on each day."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now


class WarmupPlan(models.Model):
    """Accepted messages per day of one source at one provider or (null) at each; after the last step, any."""

    source_id = models.BigIntegerField()
    provider_id = models.IntegerField(null=True)
    #: The day of the first step, in UTC.
    started_on = models.DateField()
    steps = ArrayField(models.IntegerField())
    set_by = models.TextField()
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["source_id", "provider_id"], nulls_distinct=False, name="warmupplan_source_provider"
            )
        ]

    def __str__(self) -> str:
        return ",".join(map(str, self.steps))


class WarmupDay(models.Model):
    """What of a day's step is taken: accepted, or on its way; what was not accepted is given back."""

    pk = models.CompositePrimaryKey("source_id", "provider_id", "day")
    source_id = models.BigIntegerField()
    provider_id = models.IntegerField()
    #: By the database's clock, in UTC.
    day = models.DateField()
    taken = models.IntegerField()

    def __str__(self) -> str:
        return f"{self.day} {self.taken}"
