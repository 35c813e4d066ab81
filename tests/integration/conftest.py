"""Integration tests write for real and never clean: each makes an organization of its own."""

from collections.abc import Iterator
from typing import Any

import pytest


@pytest.fixture
def committed(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Opens the database without a transaction around the test, for real processes and other connections."""
    with django_db_blocker.unblock():
        yield
