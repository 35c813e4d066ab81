"""What was accepted by API or SMTP: one request, one Submission, a Message per recipient."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from accounts.tenancy import TenantOwned
from delivery.models.stream import Stream


class Submission(TenantOwned):
    """`id` is shown as `em_…`."""

    id = models.UUIDField(primary_key=True, editable=False)
    stream = models.SmallIntegerField(choices=Stream)
    #: `api`, `smtp`, `system` or `test`.
    channel = models.TextField()
    api_key_id = models.BigIntegerField(null=True)
    smtp_credential_id = models.BigIntegerField(null=True)
    content_id = models.BigIntegerField()
    #: To and Cc as the recipients see them.
    to = ArrayField(models.TextField(), default=list)
    cc = ArrayField(models.TextField(), default=list)
    tags = ArrayField(models.TextField(), default=list)
    metadata = models.JSONField(default=dict)
    request_id = models.TextField(default="")
    #: Not before then, as it was asked for; null: at once.
    send_at = models.DateTimeField(null=True)
    #: What MAIL FROM said; "" for `<>` and for what did not come by SMTP.
    mail_from = models.TextField(default="")
    #: RFC 3461: `{"ret", "envid", "recipients": {address key: {"notify": […], "orcpt"}}}`, if said.
    dsn = models.JSONField(default=dict)
    #: Its Message-ID (or idempotency key) had come before with another body.
    reused_id = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(TenantOwned.Meta):
        indexes = [models.Index(fields=["tenant", "-id"], name="submission_tenant_id")]

    def __str__(self) -> str:
        return str(self.id)
