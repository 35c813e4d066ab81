"""What a brake is about, as one word of a form (`provider:17`) and as a sentence."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Model
from django.utils.translation import gettext as _

from delivery.models import EgressPool, EgressSource, Provider, Scope, Site
from delivery.models.stream import Stream
from delivery.selectors.operations import tenant_names
from relay_saas.web.errors import NotFound

ALL = "all"
_TABLES: dict[str, type[Model]] = {
    "provider": Provider,
    "site": Site,
    "source": EgressSource,
    "pool": EgressPool,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A scope with its word and its name in the active language."""

    word: str
    scope: Scope
    label: str


def target_of(word: str) -> Target:
    """Reads a word; raises NotFound for one that names nothing."""
    kind, _colon, value = word.partition(":")
    try:
        scope = _scope(kind, value)
    except ValueError as error:
        raise NotFound from error
    return Target(word=word, scope=scope, label=Names.of([scope]).label(scope))


def _scope(kind: str, value: str) -> Scope:
    """Raises ValueError."""
    if kind == ALL and not value:
        return Scope()
    if kind == "stream":
        return Scope(stream=Stream(int(value)).value)
    if kind == "tenant":
        tenant_id = UUID(value)
        if not tenant_names([tenant_id]):
            raise ValueError(value)
        return Scope(tenant_id=tenant_id)
    table = _TABLES.get(kind)
    # Provider 0 stands for what is not looked up yet, and is nobody's to stop.
    if table is None or not table._default_manager.filter(pk=int(value)).exclude(pk=0).exists():
        raise ValueError(kind)
    part: dict[str, Any] = {f"{kind}_id": int(value)}
    return Scope(**part)


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """The names of what scopes hold, asked for once for a whole list."""

    rows: dict[str, dict[int, str]]
    tenants: dict[UUID, str]

    @classmethod
    def of(cls, scopes: list[Scope]) -> "Names":
        """One query for each kind of thing that the scopes name."""
        rows = {}
        for kind, table in _TABLES.items():
            ids = {value for scope in scopes if (value := getattr(scope, f"{kind}_id")) is not None}
            found = table._default_manager.filter(pk__in=ids) if ids else ()
            rows[kind] = {row.pk: str(row) for row in found}
        tenants = {scope.tenant_id for scope in scopes if scope.tenant_id}
        return cls(rows=rows, tenants=tenant_names(sorted(tenants)))

    def label(self, scope: Scope) -> str:
        """The scope in words: "Gmail · Marketing"; an empty one is everything."""
        parts = [
            self.rows[kind].get(value, str(value))
            for kind in _TABLES
            if (value := getattr(scope, f"{kind}_id")) is not None
        ]
        parts += [scope.host] * bool(scope.host)
        if scope.stream is not None:
            parts.append(str(Stream(scope.stream).label))
        if scope.tenant_id is not None:
            parts.append(self.tenants.get(scope.tenant_id, str(scope.tenant_id)))
        parts += [scope.domain] * bool(scope.domain)
        if scope.campaign_id is not None:
            parts.append(_("campaign %(number)s") % {"number": scope.campaign_id})
        return " · ".join(parts) or _("All sending")
