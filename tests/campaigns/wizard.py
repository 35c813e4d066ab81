"""A person at the import wizard, and a worker that does its jobs."""

import re
from typing import Any
from uuid import UUID

from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from accounts.models import Job, Tenant
from accounts.services import job_runs
from accounts.tenancy import tenant_scope
from campaigns.models import Contact, ContactImport

TWO = b"email,first_name\nann@gmail.test,Ann\nbob@gmail.test,Bob\n"
CODE = re.compile(r"\(([a-z0-9_]+)\)")


def page(name: str, *ids: int) -> str:
    """An address of the import, in the organization `acme`."""
    return reverse(f"campaigns:{name}", args=["acme", *ids])


def emails(tenant: Tenant) -> set[str]:
    """The addresses of the organization."""
    with tenant_scope(tenant.pk):
        return set(Contact.objects.values_list("email_key", flat=True))


def work(tenant_id: UUID) -> None:
    """Does every job that waits, as a worker would."""
    with tenant_scope(tenant_id):
        waiting = list(Job.objects.filter(state="waiting").order_by("pk").values_list("pk", flat=True))
    for job_id in waiting:
        job_runs.run(tenant_id=tenant_id, job_id=job_id)


def codes(response: Any) -> set[str]:
    """Error codes that a page shows."""
    return set(CODE.findall(response.content.decode()))


class Wizard:
    """The four steps, pressed one after the other."""

    def __init__(self, client: Client, tenant_id: UUID, list_id: int) -> None:
        self.client, self.tenant_id, self.list_id = client, tenant_id, list_id
        self.id = 0

    def upload(self, data: bytes, name: str = "contacts.csv", **more: str) -> HttpResponse:
        """Step 1."""
        values = {
            "file": SimpleUploadedFile(name, data),
            "mailing_list": str(self.list_id),
            "consent": "form",
        }
        answer = self.client.post(page("import_new"), values | more)
        if answer.status_code == 302:
            self.id = int(answer["Location"].split("/")[-3])
        return answer

    def get(self, name: str) -> Any:
        """A page of this import."""
        return self.client.get(page(name, self.id))

    def press(self, name: str, **values: str) -> Any:
        """A button of this import."""
        return self.client.post(page(name, self.id), values)

    def guessed(self) -> dict[str, str]:
        """What the mapping page is filled in with."""
        form = self.get("import_map").context["form"]
        return {name: str(form[name].initial or "") for name in form.fields}

    def map(self, **changes: str) -> Any:
        """Step 2 with the guesses, but for `changes`; then the check is done."""
        answer = self.press("import_map", **(self.guessed() | changes))
        work(self.tenant_id)
        return answer

    def start(self) -> Any:
        """Step 4, done."""
        answer = self.press("import_start")
        work(self.tenant_id)
        return answer

    def walk(self, data: bytes, name: str = "contacts.csv") -> dict[str, Any]:
        """All steps with what they suggest; the counts."""
        assert self.upload(data, name).status_code == 302
        assert self.map().status_code == 302
        assert self.start().status_code == 302
        return self.row.result

    @property
    def row(self) -> ContactImport:
        """The import as it stands."""
        with tenant_scope(self.tenant_id):
            rows = ContactImport.objects.select_related("job", "check_job", "undo_job", "mailing_list")
            return rows.get(pk=self.id)
