"""Control tasks of accounts."""

from celery import shared_task

from accounts.services.domains import check_all_domains


@shared_task
def check_domains() -> None:
    """Looks at the DNS records of every sending domain again."""
    check_all_domains()
