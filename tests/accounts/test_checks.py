"""The system checks name what would be dangerous, by id."""

import pytest
from django.core.checks import run_checks
from django.core.exceptions import ImproperlyConfigured
from pytest_django.fixtures import Settings

from accounts.checks import check_role
from relay_saas.runtime import refuse_unsafe_start


def ids() -> set[str | None]:
    return {one.id for one in run_checks(tags=["relay"])}


def test_every_check_of_django_passes(db: None) -> None:
    """The processes leave them out at their start."""
    assert run_checks() == []


def test_the_tests_own_settings_are_fine(db: None) -> None:
    assert ids() == set()
    assert check_role(None) == []
    refuse_unsafe_start()


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("DATABASE_DISPATCH_URL", "", "relay.E001"),
        ("RELAY_MASTER_KEYS", {1: b"short"}, "relay.E002"),
        ("RELAY_TOKEN_KEYS", {1: b"short"}, "relay.E003"),
        ("RELAY_EGRESS", ["127.30.0.1"], "relay.E004"),
        ("RELAY_TIMINGS", "fast", "relay.E005"),
    ],
)
def test_a_dangerous_setting_is_named(settings: Settings, name: str, value: object, code: str) -> None:
    setattr(settings, name, value)
    assert ids() == {code}


def test_a_process_refuses_to_start_and_says_why(db: None, settings: Settings) -> None:
    settings.DATABASE_OWNER_URL = ""
    with pytest.raises(ImproperlyConfigured, match=r"relay\.E001: DATABASE_OWNER_URL must be set"):
        refuse_unsafe_start()
