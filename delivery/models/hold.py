"""A provider whose bounces are not believed for a while (docs/adr/0010-bounces.md)."""

from django.db import models
from django.db.models.functions import Now


class SuppressionHold(models.Model):
    """While it holds, no bounce at this provider suppresses an address. Rows stay, as history."""

    provider_id = models.IntegerField()
    #: The rule that spoke most often, and one of the replies, addresses removed.
    rule = models.TextField()
    evidence = models.TextField()
    #: Suppressions for each settled message: in the window, and before it.
    share = models.FloatField()
    base_share = models.FloatField()
    #: Organizations whose mail was concerned.
    tenants = models.IntegerField()
    #: The first and last moment of the suppressions that look wrong: what to undo.
    since = models.DateTimeField()
    created_at = models.DateTimeField(db_default=Now())
    until = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["provider_id"],
                condition=models.Q(ended_at=None),
                name="suppressionhold_one_a_provider",
            )
        ]

    def __str__(self) -> str:
        return f"{self.provider_id} {self.rule} {self.share:.3f}"
