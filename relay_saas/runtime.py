"""What every process of the product does before it takes work: it refuses to run with the nets off."""

from django.core.checks import run_checks
from django.core.exceptions import ImproperlyConfigured

TAGS = ("relay", "runtime")


def refuse_unsafe_start() -> None:
    """Runs the settings and role checks; raises ImproperlyConfigured with every finding and its id."""
    found = run_checks(tags=TAGS, databases=["default"])
    if found:
        raise ImproperlyConfigured("; ".join(f"{one.id}: {one.msg}" for one in found))
