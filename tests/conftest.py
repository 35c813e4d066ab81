"""Fixtures for all tests. The services come from `tests/services.py`, before Django reads its settings."""

import os
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from tests import database


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment: None) -> Iterator[None]:
    """This worker's database: a copy of the template, reached as relay_app.

    It stands in for pytest-django's fixture of that name, which would migrate as the tests' role.
    """
    from django.db import connections

    own = urlsplit(os.environ["DATABASE_URL"]).path.removeprefix("/")
    maintenance = database.at(os.environ["DATABASE_OWNER_URL"], "postgres")
    database.create(maintenance, own)
    yield
    connections.close_all()
    database.drop(maintenance, own)
