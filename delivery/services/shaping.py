"""An operator's limits in place of the shipped ones."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from delivery.exceptions import BadShaping
from delivery.models import Scope, ShapingOverride
from relay_saas.mail.smtp.tls import TlsPolicy


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


#: What may be overridden, and how its value is read.
SETTINGS: Final[Mapping[str, Callable[[str], Any]]] = {
    "max_connections": _count,
    "start_connections": _count,
    "max_messages_per_connection": _count,
    "messages_per_minute": _count,
    "idle_seconds": _count,
    "tls": TlsPolicy,
}
#: A tenant shares its sessions with others; only how much it sends is its own.
OF_A_TENANT: Final = frozenset({"messages_per_minute"})


def set_override(*, scope: Scope, setting: str, value: str, set_by: str, reason: str = "") -> ShapingOverride:
    """Replaces the setting for this scope (provider, site, source, pool, tenant). Raises BadShaping."""
    _check(scope, setting, value)
    override, _ = ShapingOverride.objects.update_or_create(
        **_key(scope), setting=setting, defaults={"value": value, "reason": reason, "set_by": set_by}
    )
    return override


def unset_override(*, scope: Scope, setting: str) -> bool:
    """The shipped setting holds again for exactly this scope; False where nothing was set."""
    gone, _ = ShapingOverride.objects.filter(**_key(scope), setting=setting).delete()
    return bool(gone)


def _check(scope: Scope, setting: str, value: str) -> None:
    if setting not in SETTINGS:
        raise BadShaping("no_such_setting")
    if scope.tenant_id is not None and setting not in OF_A_TENANT:
        raise BadShaping("not_of_a_tenant")
    try:
        SETTINGS[setting](value)
    except ValueError:
        raise BadShaping("bad_value") from None


def _key(scope: Scope) -> dict[str, Any]:
    names = ("provider_id", "site_id", "source_id", "pool_id", "tenant_id")
    return {name: getattr(scope, name) for name in names}
