"""System checks: settings that would be dangerous, and a database role that would switch the third net
off."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, register
from django.db import connection

#: Asks the database, so it runs when a process starts and not before every command (`migrate` runs as the
#: owner).
RUNTIME = "runtime"
URLS = ("DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_DISPATCH_URL")
TOKEN_KEY_BYTES = 32
MASTER_KEY_BYTES = 32

_ROLE = """
select r.rolsuper or r.rolbypassrls, exists (
  select from pg_class c where c.relowner = r.oid and c.relnamespace = 'public'::regnamespace)
from pg_roles r where r.rolname = current_user
"""


@register("relay")
def check_settings(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:  # noqa: ARG001
    """relay.E001–E005: URLs, keys and sending addresses."""
    found: list[CheckMessage] = []
    missing = [name for name in URLS if not getattr(settings, name)]
    if missing:
        hint = "The three roles have different rights (docs/operating.md); set all three URLs."
        found.append(Error(f"{', '.join(missing)} must be set", hint=hint, id="relay.E001"))
    if any(len(key) != MASTER_KEY_BYTES for key in settings.RELAY_MASTER_KEYS.values()):
        found.append(Error("RELAY_MASTER_KEYS must hold keys of 32 bytes", id="relay.E002"))
    if any(len(key) < TOKEN_KEY_BYTES for key in settings.RELAY_TOKEN_KEYS.values()):
        found.append(Error("RELAY_TOKEN_KEYS must hold keys of at least 32 bytes", id="relay.E003"))
    if any(entry.count(":") < 2 for entry in settings.RELAY_EGRESS):
        found.append(Error("RELAY_EGRESS must list pool:address:helo", id="relay.E004"))
    if settings.RELAY_TIMINGS not in {"demo", "production"}:
        found.append(Error("RELAY_TIMINGS must be demo or production", id="relay.E005"))
    return found


@register(RUNTIME)
def check_role(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:  # noqa: ARG001
    """relay.E010, E011: a superuser ignores even forced policies, and an owner could take them off."""
    with connection.cursor() as cursor:
        cursor.execute(_ROLE)
        row = cursor.fetchone()
    bypasses, owns = row or (True, True)
    found: list[CheckMessage] = []
    if bypasses:
        hint = "Connect as relay_app (docs/operating.md)."
        found.append(Error("DATABASE_URL's role bypasses row-level security", hint=hint, id="relay.E010"))
    if owns:
        found.append(Error("DATABASE_URL's role owns tables", hint="Use relay_app.", id="relay.E011"))
    return found
