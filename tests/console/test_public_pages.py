"""What strangers see: the front page, and a status that comes from real checks."""

import socket
from collections.abc import Iterator

import pytest
from django.core.cache import cache
from django.test import Client
from pytest_django import Settings

from accounts.audit import SYSTEM
from accounts.services.tenants import create_tenant
from relay_saas.console.status import look

STRANGER = Client(headers={"Accept-Language": "en"})


@pytest.fixture(autouse=True)
def _looked_at_anew(db: None) -> Iterator[None]:
    cache.delete("status")
    yield
    cache.delete("status")


@pytest.fixture
def listening(settings: Settings) -> Iterator[socket.socket]:
    """An edge that listens; mail for the relay finds nobody."""
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_server(("127.0.0.1", 0)) as other:
        settings.RELAY_EDGE_ADDRESS = settings.RELAY_INBOUND_ADDRESS = "127.0.0.1"
        settings.RELAY_EDGE_SCHEME_PORT = f"http::{server.getsockname()[1]}"
        settings.RELAY_INBOUND_PORT = other.getsockname()[1]
        other.close()
        yield server


def test_the_front_page_tells_strangers_what_this_is_and_where_to_sign_in() -> None:
    page = STRANGER.get("/").content.decode()
    assert "Mail that arrives" in page
    assert "/accounts/login/" in page
    assert "/status/" in page


def test_the_status_names_what_works_and_what_does_not(listening: socket.socket) -> None:
    create_tenant(slug="acme", name="Secret Customer", actor=SYSTEM)
    found = look()
    assert found == {"web": "ok", "sending": "ok", "jobs": "ok", "edge": "ok", "inbound": "danger"}
    page = STRANGER.get("/status/").content.decode()
    assert "Not everything works as it should" in page
    assert page.count("does not work") == 1
    assert page.count(">works<") + page.count("works</") >= 4
    assert "Secret" not in page
    assert "PostgreSQL" not in page


def test_however_many_ask_the_parts_are_looked_at_once(
    listening: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    STRANGER.get("/status/")
    monkeypatch.setattr("relay_saas.console.status.look", lambda: pytest.fail("looked at again"))
    assert STRANGER.get("/status/").status_code == 200


def test_a_valkey_that_is_gone_is_told_and_takes_the_page_not_away(
    listening: socket.socket, settings: Settings
) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:9/0"
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": "redis://127.0.0.1:9/0",
        }
    }
    page = STRANGER.get("/status/")
    assert page.status_code == 200
    assert "Dashboard and API" in page.content.decode()
    assert look()["web"] == "danger"
