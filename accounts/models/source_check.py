"""What DNS says of one of our own sending addresses: its name, and whether block lists hold it."""

from django.db import models


class SourceCheck(models.Model):
    """The last look at one address; the same for every tenant that sends from it."""

    address = models.TextField(primary_key=True)
    helo = models.TextField()
    #: `relay_saas.mail.posture.asks.Result.as_json()` of each check.
    results = models.JSONField(default=list)
    looked_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.address
