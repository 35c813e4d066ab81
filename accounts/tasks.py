"""Control tasks of accounts."""

import logging
import time
from typing import Final
from uuid import UUID

from celery import shared_task

from accounts.audit import SYSTEM
from accounts.exceptions import DomainTaken
from accounts.models import SendingDomain
from accounts.services import job_runs, jobs
from accounts.services.closer_look import look_at_domain, look_at_sources
from accounts.services.domains import domains_due, publish_hosts, verify_domain
from accounts.services.idempotency import forget_answers
from accounts.services.key_rotation import advance_all_rotations
from accounts.services.request_log import forget_requests

LOG = logging.getLogger(__name__)

#: A second call for a job that waits for a free worker is forgotten before the next one comes.
CALL_SECONDS: Final = 15
#: A sweep ends before the next one is called.
CHECKING_SECONDS: Final = 45


@shared_task
def check_domain(tenant_id: str, domain_id: int) -> None:
    """Looks at the records of one domain now: somebody waits for it."""
    look_at(UUID(tenant_id), domain_id)


def look_at(tenant_id: UUID, domain_id: int) -> None:
    """Its records, which decide whether it sends, then all the rest; one domain keeps no other waiting."""
    try:
        verify_domain(tenant_id=tenant_id, domain_id=domain_id, actor=SYSTEM)
    except (DomainTaken, SendingDomain.DoesNotExist):
        LOG.warning("domain %s of tenant %s could not be checked", domain_id, tenant_id, exc_info=True)
    try:
        look_at_domain(tenant_id=tenant_id, domain_id=domain_id)
    except SendingDomain.DoesNotExist:
        LOG.info("domain %s of tenant %s is gone", domain_id, tenant_id)


@shared_task(acks_late=False)
def run_job(tenant_id: str, job_id: int) -> None:
    """One job, to its end. Acknowledged at once: when the worker dies, `pick_up_jobs` finds the job.

    The next one of the same organization goes behind those of all others.
    """
    tenant = UUID(tenant_id)
    if job_runs.run(tenant_id=tenant, job_id=job_id):
        following = job_runs.next_of(tenant_id=tenant)
        if following is not None:
            run_job.apply_async((tenant_id, following), expires=CALL_SECONDS)


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
    """Looks at the sending domains whose time has come, for most of a minute."""
    ends = time.monotonic() + CHECKING_SECONDS
    for tenant_id, domain_id in domains_due():
        look_at(tenant_id, domain_id)
        if time.monotonic() > ends:
            return


@shared_task
def keep_zone() -> None:
    """Publishes our own names, takes the next step of key rotations, and looks at our addresses."""
    publish_hosts()
    advance_all_rotations()
    look_at_sources()


@shared_task
def forget_old_requests() -> None:
    """Keeps the log of API requests short."""
    forget_requests()


@shared_task
def forget_old_answers() -> None:
    """Removes answers that are not given again any more."""
    forget_answers()
