"""Deletes a custom field: its definition at once, its values in the background."""

from typing import Final
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext_lazy

from accounts import audit
from accounts.audit import Actor
from accounts.jobs import JobKind, RunningJob
from accounts.models import Job
from accounts.permissions import Capability
from accounts.services import jobs
from accounts.tenancy import tenant_scope
from campaigns.models import ContactField
from campaigns.selectors.fields import find_field
from campaigns.selectors.headcounts import EVERYBODY, headcounts

KIND: Final = "field_deletion"
BATCH: Final = 5_000

_STRIP: Final = """
with piece as (
  select id from campaigns_contact where tenant_id = %(tenant)s and id > %(last)s order by id limit %(batch)s
), done as (
  update campaigns_contact c set attrs = c.attrs - %(key)s::text, updated_at = now() from piece
  where c.tenant_id = %(tenant)s and c.id = piece.id and jsonb_exists(c.attrs, %(key)s) returning 1
)
select (select max(id) from piece), (select count(*) from piece), (select count(*) from done)
"""


def kind() -> JobKind:
    """Arguments: `key`."""
    return JobKind(
        name=KIND,
        label=gettext_lazy("Deletion of a field"),
        run=run,
        counts={"values": gettext_lazy("Values removed")},
        capability=Capability.CONTACTS_EDIT,
    )


def start(*, tenant_id: UUID, field_id: int, actor: Actor) -> Job:
    """Removes the field and starts the job that removes its values; raises NotFound."""
    with tenant_scope(tenant_id):
        field = find_field(tenant_id=tenant_id, field_id=field_id)
        audit.record(
            tenant_id=tenant_id, actor=actor, verb="deleted", subject=field, changes={"key": field.key}
        )
        job = jobs.create(
            tenant_id=tenant_id, kind=KIND, title=field.label, actor=actor, arguments={"key": field.key}
        )
        field.delete()
    return job


def run(job: RunningJob) -> dict[str, int]:
    """Batch by batch; ends early where somebody made a field of this key again."""
    values = {"tenant": job.tenant_id, "key": job.arguments["key"], "batch": BATCH, "last": 0}
    with tenant_scope(job.tenant_id):
        total = headcounts(tenant_id=job.tenant_id).get(EVERYBODY)
    seen = removed = 0
    while True:
        with tenant_scope(job.tenant_id), connection.cursor() as cursor:
            if ContactField.objects.filter(key=values["key"]).exists():
                break
            cursor.execute(_STRIP, values)
            last, looked_at, stripped = cursor.fetchone()
        removed += stripped
        if last is None:
            break
        values["last"] = last
        seen += looked_at
        job.progress(seen, total.here if total else None)
    return {"values": removed}
