"""The API's reference: the OpenAPI description, Redoc to read it, Swagger UI to try it. All from here."""

import json
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from csp.constants import NONE, SELF, UNSAFE_INLINE
from csp.decorators import csp_replace
from django.conf import settings
from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.utils import translation
from django.utils.http import parse_etags, quote_etag
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator

from relay_saas.web.errors import NotFound
from relay_saas.web.openapi_curl import add_commands
from relay_saas.web.openapi_groups import put_in_order
from relay_saas.web.openapi_refusals import share

REDOC: Final = "drf_spectacular_sidecar/redoc/bundles/redoc.standalone.js"
#: Redoc shows its maker's mark from its maker's server.
_FOREIGN_MARK: Final = "https://cdn.redoc.ly/redoc/logo-mini.svg"
#: Both write their styles with script; nothing else is allowed that other pages are not.
_POLICY: Final = {"style-src": [SELF, UNSAFE_INLINE], "frame-src": [NONE]}
_ABOUT: Final = """
JSON over HTTPS. Every request carries `Authorization: Bearer rly_live_…`; what a key may do are its scopes.

* **Ids** have the kind as their prefix and say nothing else. Another organization's id answers like one that
  never existed.
* **Lists** take `limit` and `after` and answer `{"data": […], "next": …}`. A parameter that a route does not
  know is refused.
* **Refusals** are `application/problem+json` (RFC 9457). `code` never changes; `errors` names each wrong
  value.
* **Versions**: single things have an `ETag`. `If-None-Match` gives 304, `If-Match` 412 where another change
  came first.
* **Sending again**: a POST with `Idempotency-Key` happens once, for 24 hours.
* **Moments** are RFC 3339 with a zone; answers are in UTC.
"""


@require_safe
def openapi(request: HttpRequest) -> HttpResponse:
    """The description, as JSON; the same for everybody."""
    body, etag = description(settings.RELAY_BASE_URL)
    if etag in parse_etags(request.headers.get("If-None-Match", "")):
        return HttpResponse(status=304, headers={"ETag": etag})
    return HttpResponse(body, content_type="application/json", headers={"ETag": etag})


@csp_replace(_POLICY)
@require_safe
def reference(request: HttpRequest) -> HttpResponse:
    """To read."""
    return render(request, "console/api_docs.html")


@csp_replace(_POLICY)
@require_safe
def try_it(request: HttpRequest) -> HttpResponse:
    """To try, with a key of one's own: it stays in the page."""
    return render(request, "console/api_try.html")


@require_safe
def redoc(request: HttpRequest) -> HttpResponse:
    """Redoc with our mark in place of the foreign one."""
    body, etag = _redoc()
    headers = {"ETag": etag, "Cache-Control": "public, max-age=86400"}
    if etag in parse_etags(request.headers.get("If-None-Match", "")):
        return HttpResponse(status=304, headers=headers)
    return HttpResponse(body, content_type="text/javascript; charset=utf-8", headers=headers)


@lru_cache(maxsize=2)
def description(base_url: str) -> tuple[bytes, str]:
    """The document and its ETag; made once, it says the same until the next release."""
    with translation.override("en"):
        document: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)
        document["info"] = {"title": "Relay API", "version": "1", "description": _ABOUT.strip()}
        document["servers"] = [{"url": base_url}]
        put_in_order(document)
        share(document)
        add_commands(document)
        body = json.dumps(document, ensure_ascii=False, default=str).encode()
    return body, quote_etag(sha256(body).hexdigest()[:32])


@lru_cache(maxsize=1)
def _redoc() -> tuple[bytes, str]:
    found = finders.find(REDOC)
    if not isinstance(found, str):
        raise NotFound
    text = Path(found).read_text(encoding="utf-8").replace(_FOREIGN_MARK, static("app/mark.svg"))
    body = text.encode()
    return body, quote_etag(sha256(body).hexdigest()[:32])
