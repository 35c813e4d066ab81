"""What processes of the product do before they take work."""

import gc
from typing import Final

from django.core.checks import run_checks
from django.core.exceptions import ImproperlyConfigured

TAGS = ("relay", "runtime")
#: Objects that a process makes before the collector looks for circles among them.
_BETWEEN_COLLECTIONS: Final = 20_000


def refuse_unsafe_start() -> None:
    """Runs the settings and role checks; raises ImproperlyConfigured with every finding and its id."""
    found = run_checks(tags=TAGS, databases=["default"])
    if found:
        raise ImproperlyConfigured("; ".join(f"{one.id}: {one.msg}" for one in found))


def keep_what_is_loaded() -> None:
    """Modules, routes and shapes stay for good: looking through them for garbage cost a tenth of each
    request, and in processes that were forked it copied their pages."""
    gc.freeze()
    gc.set_threshold(_BETWEEN_COLLECTIONS)
