"""An organization and a person."""

import pytest
from pytest_django.fixtures import Settings

from accounts.audit import SYSTEM
from accounts.models import Tenant, User
from accounts.services.tenants import create_tenant


@pytest.fixture(autouse=True)
def _no_zone_server(settings: Settings) -> None:
    """Nothing listens for DNS updates here; tests/integration has a server that does."""
    settings.RELAY_ZONE_SERVER = ""


@pytest.fixture
def tenant(db: None) -> Tenant:
    """Acme."""
    return create_tenant(slug="acme", name="Acme", actor=SYSTEM)


@pytest.fixture
def other_tenant(db: None) -> Tenant:
    """Somebody else."""
    return create_tenant(slug="globex", name="Globex", actor=SYSTEM)


@pytest.fixture
def alice(db: None) -> User:
    """Owns Acme."""
    return User.objects.create_user("Alice@people.test", "correct horse battery")
