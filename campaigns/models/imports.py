"""An import of contacts: the file, what was found in it, and each row that was not taken."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from accounts.models import Job
from accounts.tenancy import TenantOwned
from campaigns.models.lists import ContactList


class ContactImport(TenantOwned):
    """One file; progress and counts are on its job."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="+")
    mailing_list = models.ForeignKey(ContactList, on_delete=models.PROTECT, related_name="+")
    file_name = models.TextField()
    #: What was found: `utf-8`, `utf-8-sig`, `cp932`, `euc_jp`, and `,` or a tab.
    encoding = models.TextField(default="")
    delimiter = models.TextField(default="")
    columns = ArrayField(models.TextField(), default=list)
    #: Column position -> field key (`email` included); columns not named here are skipped.
    mapping = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.file_name


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
