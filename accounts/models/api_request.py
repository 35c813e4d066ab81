"""The log of API requests: what a developer looks into first. No bodies, no addresses of recipients."""

from django.db import models

from accounts.tenancy import TenantOwned


class ApiRequest(TenantOwned):
    """One request with a known key and its answer; kept for a bounded time."""

    at = models.DateTimeField()
    key_id = models.BigIntegerField()
    method = models.TextField()
    path = models.TextField()
    status = models.SmallIntegerField()
    #: The problem's code; empty for a success.
    code = models.TextField(default="")
    milliseconds = models.IntegerField()
    request_id = models.TextField()

    class Meta(TenantOwned.Meta):
        indexes = [
            models.Index(fields=["tenant", "-id"], name="apirequest_newest"),
            models.Index(fields=["tenant", "key_id", "-id"], name="apirequest_of_key"),
            models.Index(fields=["tenant", "request_id"], name="apirequest_by_id"),
            models.Index(
                fields=["tenant", "-id"], condition=models.Q(status__gte=400), name="apirequest_refused"
            ),
            models.Index(fields=["tenant", "at"], name="apirequest_age"),
        ]

    def __str__(self) -> str:
        return f"{self.method} {self.path} {self.status}"
