"""Control tasks of accounts."""

from celery import shared_task

from accounts.services.domains import check_all_domains, publish_hosts
from accounts.services.key_rotation import advance_all_rotations


@shared_task
def check_domains() -> None:
    """Publishes our own names, looks at the records of every sending domain again, and takes the next step
    of key rotations."""
    publish_hosts()
    check_all_domains()
    advance_all_rotations()
