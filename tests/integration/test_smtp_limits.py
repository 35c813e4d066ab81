"""Limits of credentials under many at once: never one recipient too many, and none too few."""

from concurrent.futures import ThreadPoolExecutor

from django.db import connection

from accounts.exceptions import CredentialDayReached, CredentialRateReached
from accounts.models import SmtpAllowance
from accounts.services.smtp_credentials import AuthenticatedCredential, authenticate
from accounts.services.smtp_limits import spending
from accounts.tenancy import tenant_scope
from tests.integration.submission import make_shop


def _spend(credential: AuthenticatedCredential, number: int) -> bool:
    """Whether a recipient was taken; every fifth one is refused afterwards, and costs nothing."""
    try:
        with spending(credential, 1):
            return 1 // (number % 5) >= 0
    except (CredentialDayReached, CredentialRateReached, ZeroDivisionError):
        return False
    finally:
        connection.close()


def test_a_days_limit_is_exact_under_many_at_once(committed: None) -> None:
    shop = make_shop(daily_limit=50)
    credential = authenticate(username=shop.username, password=shop.password, peer="127.0.0.1")
    assert credential is not None
    with ThreadPoolExecutor(8) as pool:
        taken = sum(pool.map(lambda number: _spend(credential, number), range(200)))
    assert taken == 50
    with tenant_scope(credential.tenant_id):
        assert SmtpAllowance.objects.get(credential_id=credential.credential_id).day_count == 50
