"""Control tasks of accounts."""

import logging
from uuid import UUID

from celery import shared_task

from accounts.audit import SYSTEM
from accounts.exceptions import DomainTaken
from accounts.models import SendingDomain
from accounts.services.domains import check_all_domains, publish_hosts, verify_domain
from accounts.services.key_rotation import advance_all_rotations

LOG = logging.getLogger(__name__)


@shared_task
def check_domain(tenant_id: str, domain_id: int) -> None:
    """Looks at the records of one domain now: somebody waits for it."""
    try:
        verify_domain(tenant_id=UUID(tenant_id), domain_id=domain_id, actor=SYSTEM)
    except (DomainTaken, SendingDomain.DoesNotExist):
        LOG.warning("domain %s of tenant %s could not be checked", domain_id, tenant_id, exc_info=True)


@shared_task
def check_domains() -> None:
    """Publishes our own names, looks at the records of every sending domain again, and takes the next step
    of key rotations."""
    publish_hosts()
    check_all_domains()
    advance_all_rotations()
