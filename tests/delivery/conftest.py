"""An organization with a verified domain, a list and a frozen campaign."""

from collections.abc import Callable

import psycopg
import pytest
from django.conf import settings as django_settings
from django.utils import timezone

from accounts.audit import SYSTEM
from accounts.models import SendingDomain, Tenant
from accounts.services.tenants import create_tenant
from tests.delivery.builders import make_campaign, make_contacts, make_domain, make_list


@pytest.fixture(autouse=True)
def _egress(settings) -> None:
    settings.RELAY_EGRESS = ["shared:127.30.0.1:mx1.relay.test", "shared:127.30.0.2:mx2.relay.test"]


@pytest.fixture
def tenant(db: None) -> Tenant:
    """Acme."""
    return create_tenant(slug="acme", name="Acme", actor=SYSTEM)


@pytest.fixture
def domain(tenant: Tenant) -> SendingDomain:
    """A domain that DNS has confirmed."""
    return make_domain(tenant.pk)


@pytest.fixture
def launched(tenant: Tenant, domain: SendingDomain) -> Callable[..., int]:
    """`launched(addresses)` makes a list with these people and a campaign that waits for its messages."""

    def launched(*addresses: str, fields: tuple[str, ...] = ("contact.first_name", "sender.name")) -> int:
        mailing_list = make_list(tenant.pk, f"List {timezone.now().timestamp()}")
        make_contacts(tenant.pk, mailing_list, addresses)
        return make_campaign(tenant.pk, mailing_list, domain, fields=fields)

    return launched


@pytest.fixture
def dispatch(django_db_setup: None):
    """A connection as the queue runs have it."""
    with psycopg.connect(django_settings.DATABASE_DISPATCH_URL, autocommit=True) as connection:
        yield connection
