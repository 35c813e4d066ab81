"""Long work with progress that a page can show and a person can leave."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.tenancy import TenantOwned


class Job(TenantOwned):
    """One import, export or recount; `counts` is what it found."""

    class State(models.TextChoices):
        """Where the work stands."""

        WAITING = "waiting", _("Waiting")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")
        CANCELLED = "cancelled", _("Cancelled")

    kind = models.TextField()
    state = models.TextField(choices=State, default=State.WAITING)
    done = models.BigIntegerField(default=0)
    total = models.BigIntegerField(null=True)
    counts = models.JSONField(default=dict)
    #: Code and words of the error that ended it.
    error = models.JSONField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta(TenantOwned.Meta):
        indexes = [models.Index(fields=["tenant", "-id"], name="job_tenant_id")]

    def __str__(self) -> str:
        return f"{self.kind} {self.state}"
