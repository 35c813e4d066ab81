"""Reads of jobs."""

from uuid import UUID

from accounts.models import Job
from relay_saas.web.errors import NotFound
from relay_saas.web.paging import Page, page_of

PAGE_SIZE = 25


def job_page(*, tenant_id: UUID, cursor: str | None) -> Page[Job]:
    """Newest first. One query."""
    rows = Job.objects.filter(tenant_id=tenant_id).select_related("created_by")
    return page_of(rows, order=("-id",), cursor=cursor, size=PAGE_SIZE)


def find_job(*, tenant_id: UUID, job_id: int) -> Job:
    """One job with who started it and its organization; raises NotFound."""
    rows = Job.objects.filter(tenant_id=tenant_id, pk=job_id)
    job = rows.select_related("created_by", "tenant").first()
    if job is None:
        raise NotFound
    return job
