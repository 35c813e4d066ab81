"""What was accepted by API or SMTP: one request, one Submission, a Message per recipient."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from accounts.tenancy import TenantOwned
from delivery.models.stream import Stream


class Submission(TenantOwned):
    """`id` is shown as `em_…`."""

    id = models.UUIDField(primary_key=True, editable=False)
    stream = models.SmallIntegerField(choices=Stream)
    #: `api`, `system`, later `smtp`.
    channel = models.TextField()
    api_key_id = models.BigIntegerField(null=True)
    content_id = models.BigIntegerField()
    #: To and Cc as the recipients see them.
    to = ArrayField(models.TextField(), default=list)
    cc = ArrayField(models.TextField(), default=list)
    tags = ArrayField(models.TextField(), default=list)
    metadata = models.JSONField(default=dict)
    request_id = models.TextField(default="")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(TenantOwned.Meta):
        indexes = [models.Index(fields=["tenant", "-id"], name="submission_tenant_id")]

    def __str__(self) -> str:
        return str(self.id)
