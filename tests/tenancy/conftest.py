"""Two tenants that must never meet."""

from uuid import UUID

import psycopg
import pytest
from django.conf import settings
from django.db import connection

from accounts.audit import SYSTEM
from accounts.services.tenants import create_tenant


@pytest.fixture
def acme(db: None) -> UUID:
    """Alice's organization."""
    return create_tenant(slug="acme", name="Acme", actor=SYSTEM).pk


@pytest.fixture
def globex(db: None) -> UUID:
    """The other one."""
    return create_tenant(slug="globex", name="Globex", actor=SYSTEM).pk


@pytest.fixture
def raw(transactional_app: str) -> psycopg.Connection:
    """A connection of the application's role, without Django."""
    with psycopg.connect(transactional_app) as app:
        yield app


@pytest.fixture
def transactional_app(django_db_setup: None) -> str:
    """The application's URL on this worker's database."""
    assert connection.settings_dict["USER"] == "relay_app"
    return settings.DATABASE_URL
