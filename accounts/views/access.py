"""The one door of tenant pages: signed in, a member, with the capability that the route names."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponseBase

from accounts.audit import Actor
from accounts.exceptions import NotAllowed
from accounts.permissions import Capability, allows
from accounts.selectors.membership import Member
from relay_saas.web.errors import NotFound

View = Callable[..., HttpResponseBase]
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def tenant_page(capability: Capability) -> Callable[[View], View]:
    """Calls `view(request, member, **kwargs)` for members with `capability`.

    Strangers are sent to sign in; outsiders get 404, as for an organization that does not exist; a member
    whose role
    lacks the capability gets 403. Who is signed out in the middle of a form comes back to the form.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, tenant_slug: str, **kwargs: Any) -> HttpResponseBase:  # noqa: ARG001
            if not request.user.is_authenticated:
                return redirect_to_login(_way_back(request))
            member: Member | None = getattr(request, "member", None)
            if member is None:
                raise NotFound
            if not allows(member.role, capability):
                raise NotAllowed
            return view(request, member, **kwargs)

        guarded.capability = capability  # type: ignore[attr-defined]  # the matrix test reads it
        return guarded

    return decorate


def actor_of(request: HttpRequest) -> Actor:
    """The person who is signed in, for the audit trail."""
    return Actor(
        name=request.user.get_username(), user_id=request.user.pk, address=request.META.get("REMOTE_ADDR", "")
    )


def _way_back(request: HttpRequest) -> str:
    """Where the sign-in leads: this page; for a form, which is not sent again, the page it stood on."""
    if request.method in SAFE:
        return request.get_full_path()
    page = urlsplit(request.headers.get("Referer", ""))
    if page.netloc != request.get_host():
        return "/"
    return f"{page.path}?{page.query}" if page.query else page.path
