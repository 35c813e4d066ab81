"""Control tasks of accounts."""

import logging
from typing import Final
from uuid import UUID

from celery import shared_task

from accounts.audit import SYSTEM
from accounts.exceptions import DomainTaken
from accounts.models import SendingDomain
from accounts.services import job_runs, jobs
from accounts.services.domains import check_all_domains, publish_hosts, verify_domain
from accounts.services.idempotency import forget_answers
from accounts.services.key_rotation import advance_all_rotations
from accounts.services.request_log import forget_requests

LOG = logging.getLogger(__name__)

#: A second call for a job that waits for a free worker is forgotten before the next one comes.
CALL_SECONDS: Final = 15


@shared_task
def check_domain(tenant_id: str, domain_id: int) -> None:
    """Looks at the records of one domain now: somebody waits for it."""
    try:
        verify_domain(tenant_id=UUID(tenant_id), domain_id=domain_id, actor=SYSTEM)
    except (DomainTaken, SendingDomain.DoesNotExist):
        LOG.warning("domain %s of tenant %s could not be checked", domain_id, tenant_id, exc_info=True)


@shared_task(acks_late=False)
def run_job(tenant_id: str, job_id: int) -> None:
    """One job, to its end. Acknowledged at once: when the worker dies, `pick_up_jobs` finds the job."""
    job_runs.run(tenant_id=UUID(tenant_id), job_id=job_id)


@shared_task(acks_late=False)
def pick_up_jobs() -> None:
    """Calls for jobs that nobody works on."""
    for tenant_id, job_id in job_runs.waiting():
        run_job.apply_async((str(tenant_id), job_id), expires=CALL_SECONDS)


@shared_task
def clean_up_jobs() -> None:
    """Removes results past their time, and old jobs."""
    jobs.clean_up()


@shared_task
def check_domains() -> None:
    """Publishes our own names, looks at the records of every sending domain again, and takes the next step
    of key rotations."""
    publish_hosts()
    check_all_domains()
    advance_all_rotations()


@shared_task
def forget_old_requests() -> None:
    """Keeps the log of API requests short."""
    forget_requests()


@shared_task
def forget_old_answers() -> None:
    """Removes answers that are not given again any more."""
    forget_answers()
