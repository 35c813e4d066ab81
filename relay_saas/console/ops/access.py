"""The door of the operators' pages: staff alone; to everybody else they do not exist."""

import hmac
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotAllowed

from accounts.audit import Actor
from accounts.models import User
from relay_saas.web.errors import NotFound

View = Callable[..., HttpResponseBase]


def operator_page(*methods: str) -> Callable[[View], View]:
    """Calls `view(request, **kwargs)` for operators; strangers are sent to sign in, all others get 404.

    `methods`: what the page takes beside GET and HEAD.
    """

    allowed = {"GET", "HEAD"} | set(methods)

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path() if request.method == "GET" else "/ops/")
            if not is_operator(request):
                raise NotFound
            if request.method not in allowed:
                return HttpResponseNotAllowed(sorted(allowed))
            response = view(request, **kwargs)
            # Neither the back button nor who signs in next sees what stood here before.
            response.headers.setdefault("Cache-Control", "private, no-store")
            return response

        return guarded

    return decorate


def is_operator(request: HttpRequest) -> bool:
    """Whether a person of the staff asks."""
    user = request.user
    return user.is_authenticated and isinstance(user, User) and user.is_active and user.is_staff


def may_scrape(request: HttpRequest) -> bool:
    """Whether the request carries RELAY_METRICS_TOKEN, or an operator asks."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    expected = settings.RELAY_METRICS_TOKEN
    carries = bool(expected) and hmac.compare_digest(token.strip().encode(), expected.encode())
    return (scheme.lower() == "bearer" and carries) or is_operator(request)


def unauthorized() -> HttpResponse:
    """The answer to a scrape without the token."""
    return HttpResponse(
        "a bearer token is needed\n",
        status=401,
        content_type="text/plain",
        headers={"WWW-Authenticate": 'Bearer realm="metrics"'},
    )


def actor_of(request: HttpRequest) -> Actor:
    """Who acts, for the audit trail."""
    user = request.user
    address = request.META.get("REMOTE_ADDR", "")
    return Actor(name=getattr(user, "email", ""), user_id=user.pk, address=address)
