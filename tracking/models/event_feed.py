"""The event feed: notes of what happened, made by triggers as it commits, numbered per tenant
(docs/adr/0020-event-feed.md)."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from accounts.tenancy import TenantOwned


class EventBatch(TenantOwned):
    """Up to 90 events of one statement: pointers to attempts, engagements or messages, or one fact."""

    class Source(models.IntegerChoices):
        """What the pointers lead to."""

        ATTEMPTS = 1
        ENGAGEMENTS = 2
        ACCEPTED = 3
        FACTS = 4
        #: An event of a test key's mail: all of it stands in `detail`, and `at` may lie ahead.
        TESTS = 5

    pk = models.CompositePrimaryKey("tenant", "id")
    id = models.BigIntegerField()
    source = models.SmallIntegerField(choices=Source)
    #: The number of its first event; null until the feed was read.
    first = models.BigIntegerField(null=True)
    n = models.SmallIntegerField()
    message_ids = ArrayField(models.UUIDField(), default=list)
    keys = ArrayField(models.UUIDField(), default=list)
    #: Attempts: number * 16 + state. Engagements: kind * 2 + machine.
    words = ArrayField(models.IntegerField(), default=list)
    #: Of a fact: `type` and `data`; of a test: everything.
    detail = models.JSONField(null=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.source} {self.first} {self.n}"
