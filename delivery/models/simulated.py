"""Mail of test keys: kept beside the ledger, so that no queue, sum or rollup ever sees it."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from accounts.tenancy import TenantOwned
from delivery.models.stream import Stream


class SimulatedMail(TenantOwned):
    """What a test key sent; its events are told from the addresses and the clock."""

    id = models.UUIDField(primary_key=True, editable=False)
    key_id = models.BigIntegerField()
    stream = models.SmallIntegerField(choices=Stream)
    from_name = models.TextField(default="")
    from_address = models.TextField()
    subject = models.TextField()
    to = ArrayField(models.TextField(), default=list)
    cc = ArrayField(models.TextField(), default=list)
    tags = ArrayField(models.TextField(), default=list)
    metadata = models.JSONField(default=dict)
    #: `[[message id, address]]`
    copies = models.JSONField(default=list)
    #: What becomes of it, an entry an event (services/simulation.py): the feed tells each at its time.
    story = models.JSONField(default=list)
    send_at = models.DateTimeField(null=True)
    cancelled_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()

    class Meta(TenantOwned.Meta):
        indexes = [
            models.Index(fields=["tenant", "-id"], name="simulatedmail_newest"),
            models.Index(fields=["tenant", "created_at"], name="simulatedmail_age"),
        ]

    def __str__(self) -> str:
        return str(self.id)
