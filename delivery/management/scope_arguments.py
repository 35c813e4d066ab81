"""The scope of a policy or a limit on the command line: names in, ids out, and back for lists."""

from datetime import datetime, timedelta
from typing import Any, Final

from django.core.management import CommandError, CommandParser
from django.db.models import Model
from django.utils import timezone

from accounts.selectors.tenants import tenant_by_slug
from delivery.models import EgressPool, EgressSource, Provider, Scope, Site
from delivery.models.stream import Stream

_UNITS: Final = {"m": "minutes", "h": "hours", "d": "days"}


def add_scope(parser: CommandParser) -> None:
    """Options that each narrow the scope; none of them means everything."""
    parser.add_argument("--provider", help="name of a provider, as in `shaping show`")
    parser.add_argument("--site", help="MX names of a site, sorted, as in `shaping show`")
    parser.add_argument("--source", help="one of our addresses")
    parser.add_argument("--pool", help="name of a pool of our addresses")
    parser.add_argument("--tenant", help="an organization's short name")


def add_more_scope(parser: CommandParser) -> None:
    """What only a policy may name."""
    parser.add_argument("--host", help="one MX server")
    parser.add_argument("--stream", choices=[stream.name.lower() for stream in Stream])
    parser.add_argument("--domain", help="a tenant's sending domain (with --tenant)")
    parser.add_argument("--campaign", type=int, help="a campaign's number (with --tenant)")


def scope_of(options: dict[str, Any]) -> Scope:
    """The ids behind the names; raises CommandError for a name that nobody has."""
    stream, tenant = options.get("stream"), options["tenant"]
    if not tenant and (options.get("domain") or options.get("campaign")):
        raise CommandError("--domain and --campaign need --tenant")
    return Scope(
        provider_id=_id(Provider, "name", options["provider"]),
        site_id=_id(Site, "key", options["site"]),
        source_id=_id(EgressSource, "address", options["source"]),
        pool_id=_id(EgressPool, "name", options["pool"]),
        tenant_id=tenant_by_slug(tenant) if tenant else None,
        host=options.get("host") or "",
        stream=Stream[stream.upper()].value if stream else None,
        domain=options.get("domain") or "",
        campaign_id=options.get("campaign"),
    )


def _id(model: type[Model], field: str, name: str | None) -> int | None:
    if not name:
        return None
    row = model._default_manager.filter(**{field: name}).first()
    if row is None:
        raise CommandError(f"no {model._meta.verbose_name} is called {name}")
    return int(row.pk)


def written(scope: Scope) -> str:
    """A scope in words, for lists."""
    names: dict[str, type[Model]] = {
        "provider_id": Provider,
        "site_id": Site,
        "source_id": EgressSource,
        "pool_id": EgressPool,
    }
    words = []
    for name, value in scope.parts().items():
        row = names[name]._default_manager.filter(pk=value).first() if name in names else None
        shown = Stream(value).name.lower() if name == "stream" else row or value
        words.append(f"{name.removesuffix('_id')}={shown}")
    return " ".join(words) or "everything"


def end_of(word: str | None) -> datetime | None:
    """`90m`, `2h`, `3d` from now or an ISO time; raises CommandError for anything else."""
    if not word:
        return None
    if word[:-1].isdigit() and word[-1] in _UNITS:
        return timezone.now() + timedelta(**{_UNITS[word[-1]]: int(word[:-1])})
    try:
        found = datetime.fromisoformat(word)
    except ValueError:
        raise CommandError("--until takes 90m, 2h, 3d or an ISO time") from None
    return found if found.tzinfo else timezone.make_aware(found)
