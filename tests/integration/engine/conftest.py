"""Committed rows: what real processes see. Each test makes its own organization and never cleans."""

import secrets
from collections.abc import Iterator

import pytest

from accounts.audit import SYSTEM
from accounts.models import SendingDomain, Tenant
from accounts.services.tenants import create_tenant
from tests.delivery.builders import make_domain


@pytest.fixture
def committed(django_db_setup: None, django_db_blocker) -> Iterator[None]:
    """Lets the test write for good; what it wrote is its own by its random names."""
    with django_db_blocker.unblock():
        yield


@pytest.fixture
def tenant(committed: None) -> Tenant:
    """An organization of this test alone."""
    return create_tenant(slug=f"t{secrets.token_hex(6)}", name="Acme", actor=SYSTEM)


@pytest.fixture
def domain(tenant: Tenant) -> SendingDomain:
    """Its verified domain."""
    return make_domain(tenant.pk, f"news.{tenant.slug}.test")
