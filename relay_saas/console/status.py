"""Whether the parts of the product work, for anybody: real checks, no figure and no organization's data."""

import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import redis
from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from relay_saas.console.ops import health
from relay_saas.console.ops.health import Kind

#: However many ask, the parts are looked at so often (seconds).
KEPT_SECONDS: Final = 15
_KEY: Final = "status"
_TIMEOUT: Final = 1.5
_DEFAULT_PORTS: Final = {"https": 443, "http": 80}
_ORDER: Final[tuple[Kind, ...]] = ("ok", "warning", "danger")


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """One part as its users see it."""

    name: str
    what: str
    kind: Kind

    @property
    def words(self) -> str:
        """The state in words."""
        words = {"ok": _("works"), "warning": _("slower than usual"), "danger": _("does not work")}
        return words[self.kind]


@require_GET
def status(request: HttpRequest) -> HttpResponse:
    """The page; it is looked at anew every few seconds, however many ask."""
    kinds, at = _found()
    names = {
        "web": (_("Dashboard and API"), _("Sign-in, pages, and what programs ask for.")),
        "sending": (_("Sending mail"), _("Mail leaves when it is due.")),
        "jobs": (_("Imports and exports"), _("Long work is begun as it comes.")),
        "edge": (_("Links and unsubscribing"), _("What recipients open in their mail.")),
        "inbound": (_("Returned mail"), _("Bounces, complaints and replies come in.")),
    }
    components = [
        Component(name=name, what=what, kind=kinds.get(key, "danger")) for key, (name, what) in names.items()
    ]
    worst = max((one.kind for one in components), key=_ORDER.index)
    context = {"components": components, "worst": worst, "at": parse_datetime(at)}
    response = render(request, "console/status.html", context)
    response["Cache-Control"] = "no-store"
    return response


def _found() -> tuple[dict[str, Kind], str]:
    try:
        kept: tuple[dict[str, Kind], str] | None = cache.get(_KEY)
        if kept is None:
            kept = look(), timezone.now().isoformat()
            cache.set(_KEY, kept, KEPT_SECONDS)
    except redis.RedisError:
        return look(), timezone.now().isoformat()
    return kept


def look() -> dict[str, Kind]:
    """How every part stands now."""
    parts: dict[str, Callable[[], Kind]] = {
        "web": lambda: health.worst("database", "valkey"),
        "sending": lambda: health.worst("runs", "queue"),
        "jobs": lambda: health.worst("jobs"),
        "edge": lambda: _listens(settings.RELAY_EDGE_ADDRESS, _edge_port()),
        "inbound": lambda: _listens(
            settings.RELAY_INBOUND_ADDRESS, settings.RELAY_INBOUND_PORT, greeting=b"220"
        ),
    }
    return {name: part() for name, part in parts.items()}


def _edge_port() -> int:
    scheme, _, port = settings.RELAY_EDGE_SCHEME_PORT.partition("::")
    return int(port) if port else _DEFAULT_PORTS.get(scheme, 443)


def _listens(host: str, port: int, *, greeting: bytes = b"") -> Kind:
    try:
        with socket.create_connection((host, port), timeout=_TIMEOUT) as connection:
            said = connection.recv(len(greeting)) if greeting else b""
    except OSError:
        return "danger"
    return "ok" if said == greeting else "danger"
