"""Imports of contacts from files: what was uploaded, what a person chose, and what came of it."""

from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Job
from accounts.tenancy import TenantOwned
from campaigns.models.lists import ContactList

#: How long an import can be undone, and how long the file of one that was never begun is kept.
UNDO_DAYS: Final = 7


class ContactImport(TenantOwned):
    """One file on its way into a list; the work itself is done by jobs."""

    class Stage(models.TextChoices):
        """How far it is."""

        DRAFT = "draft", _("Not started")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")
        CANCELLED = "cancelled", _("Was stopped")
        UNDOING = "undoing", _("Being undone")
        UNDONE = "undone", _("Undone")

    class Consent(models.TextChoices):
        """Where the people of the file agreed to get mail."""

        FORM = "form", _("They signed up on our website or in our app")
        CUSTOMERS = "customers", _("They are our customers and were told that we send mail")
        EVENT = "event", _("They gave us their address at an event or on a business card")
        PAPER = "paper", _("They filled in a form on paper or in a shop")
        MOVED = "moved", _("They agreed already with the service that we used before")
        OTHER = "other", _("Something else")

    #: The import itself; none while a person still prepares it.
    job = models.ForeignKey(Job, on_delete=models.CASCADE, null=True, related_name="+")
    #: The dry check and the undoing.
    check_job = models.ForeignKey(Job, on_delete=models.SET_NULL, null=True, related_name="+")
    undo_job = models.ForeignKey(Job, on_delete=models.SET_NULL, null=True, related_name="+")
    mailing_list = models.ForeignKey(ContactList, on_delete=models.PROTECT, related_name="+")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    file_name = models.TextField()
    consent = models.TextField(choices=Consent, default="", db_default="")
    consent_note = models.TextField(default="", db_default="")
    #: What was found or chosen: `utf-8`, `utf-8-sig`, `cp932`, `euc_jp`, `utf-16`, and `,` `;` or a tab.
    encoding = models.TextField(default="")
    delimiter = models.TextField(default="")
    #: Lines of the file, where somebody has read it through.
    lines = models.BigIntegerField(null=True)
    #: The first row names the columns; else they are named by their number.
    has_header = models.BooleanField(default=True, db_default=True)
    columns = ArrayField(models.TextField(), default=list)
    #: What a person chose for each column (campaigns.services.column_plan); empty: guessed at the import.
    plan = models.JSONField(default=list, db_default=[])
    #: Column position -> field key (`email` included); columns not named here are skipped.
    mapping = models.JSONField(default=dict)
    #: What the dry check found: `counts`, and `rows`, the first ones that cannot be taken.
    findings = models.JSONField(null=True)
    #: What the import did, and when: contacts that it made carry this very time.
    counts = models.JSONField(null=True)
    imported_at = models.DateTimeField(null=True)
    undo_counts = models.JSONField(null=True)
    undone_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(TenantOwned.Meta):
        indexes = [models.Index(fields=["tenant", "-id"], name="contactimport_tenant_id")]

    def __str__(self) -> str:
        return self.file_name

    @property
    def stage(self) -> Stage:
        """How far it is."""
        if self.undone_at is not None:
            return self.Stage.UNDONE
        if self.undo_job is not None and not self.undo_job.finished_at:
            return self.Stage.UNDOING
        if self.imported_at is not None:
            return self.Stage.DONE
        if self.job is None:
            return self.Stage.DRAFT
        return self.Stage.RUNNING if self.job.state == Job.State.WAITING else self.Stage(self.job.state)

    @property
    def is_open(self) -> bool:
        """Whether a person may still change how the file is read, or begin it (again)."""
        return self.stage in {self.Stage.DRAFT, self.Stage.FAILED, self.Stage.CANCELLED}

    @property
    def result(self) -> dict[str, Any]:
        """What the import did; empty before its end."""
        return self.counts or (self.job.counts if self.job is not None else {})

    @property
    def not_taken(self) -> int:
        """Rows that the errors file holds."""
        return int(self.result.get("rejected", 0)) + int(self.result.get("duplicates", 0))

    @property
    def undo_until(self) -> datetime | None:
        """Until when it can be undone; None where it cannot (any more)."""
        if self.stage != self.Stage.DONE or self.imported_at is None:
            return None
        until = self.imported_at + timedelta(days=UNDO_DAYS)
        return until if until > timezone.now() else None


class ImportProblem(TenantOwned):
    """A row of the file that was not imported; becomes a line of the errors file."""

    contact_import = models.ForeignKey(
        ContactImport, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    #: Line of the *file* on which the row begins, from 1.
    line = models.BigIntegerField()
    #: A code; campaigns.services.import_errors has its sentence.
    reason = models.TextField()
    #: What the reason is about: a column's name, or the line on which the address stood first.
    detail = models.TextField(default="")
    cells = ArrayField(models.TextField())

    class Meta(TenantOwned.Meta):
        indexes = [
            models.Index(fields=["tenant", "contact_import", "line"], name="importproblem_tenant_line")
        ]

    def __str__(self) -> str:
        return f"{self.line} {self.reason}"
