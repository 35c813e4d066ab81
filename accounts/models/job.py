"""Long work with progress that a page can show and a person can leave."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.tenancy import TenantOwned


class Job(TenantOwned):
    """One import, export or recount; `counts` is what it found.

    Moves by accounts.services.jobs alone; docs/adr/0015-jobs.md says what becomes of one whose worker died.
    """

    class State(models.TextChoices):
        """Where the work stands."""

        WAITING = "waiting", _("Waiting")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")
        CANCELLED = "cancelled", _("Cancelled")

    kind = models.TextField()
    #: What it is about, in the words of whoever started it: a file's or a campaign's name.
    title = models.TextField(default="", db_default="")
    #: What the work is done with: JSON that the kind reads back.
    arguments = models.JSONField(default=dict, db_default={})
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    #: The language of whoever started it: of its files, its errors and the mail at its end.
    language = models.TextField(default="en", db_default="en")
    state = models.TextField(choices=State, default=State.WAITING)
    done = models.BigIntegerField(default=0)
    total = models.BigIntegerField(null=True)
    counts = models.JSONField(default=dict)
    #: Code and words of the error that ended it.
    error = models.JSONField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    #: Somebody asked to stop; the work hears it at its next step.
    cancel_requested_at = models.DateTimeField(null=True)
    #: When the work said last that it lives; null for work that is not run by accounts.services.jobs.
    heartbeat_at = models.DateTimeField(null=True)
    #: How often it was begun: work that keeps killing its worker is given up.
    runs = models.SmallIntegerField(default=0, db_default=0)
    #: A file to fetch, kept until `result_until`; an empty name: there is none (any more).
    result_name = models.TextField(default="", db_default="")
    result_type = models.TextField(default="", db_default="")
    result_size = models.BigIntegerField(null=True)
    result_until = models.DateTimeField(null=True)

    class Meta(TenantOwned.Meta):
        indexes = [
            models.Index(fields=["tenant", "-id"], name="job_tenant_id"),
            models.Index(
                fields=["created_at"], condition=models.Q(finished_at=None), name="job_open_created_at"
            ),
            models.Index(fields=["finished_at"], name="job_finished_at"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.state}"

    @property
    def is_over(self) -> bool:
        """Whether nothing will change any more."""
        return self.state in {self.State.DONE, self.State.FAILED, self.State.CANCELLED}
