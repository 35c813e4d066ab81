"""Opens the tenant's scope around a dashboard request: one place owns the transaction and the scope."""

from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve
from django.utils import timezone

from accounts.selectors.membership import Member, find_member
from accounts.tenancy import tenant_scope

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class TenantMiddleware:
    """`/o/<slug>/…` runs in the scope of the member's tenant; every other path runs outside any scope.

    Sets `request.member` (None outside). An outsider gets the 404 of an organization that never existed,
    by the view decorator. A refusal of an unsafe request rolls back whatever it had written. Times are
    shown in the tenant's zone.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        member = _member(request)
        request.member = member  # type: ignore[attr-defined]  # read by accounts.views.access
        if member is None:
            return self.get_response(request)
        with timezone.override(_zone(member)), tenant_scope(member.tenant_id):
            response = self.get_response(request)
            if response.status_code >= 400 and request.method not in SAFE:
                transaction.set_rollback(True)
            # Neither the back button nor who signs in next sees what stood here before.
            response.headers.setdefault("Cache-Control", "private, no-store")
            return response


def _zone(member: Member) -> ZoneInfo:
    try:
        return ZoneInfo(member.time_zone)
    except (ZoneInfoNotFoundError, ValueError):
        # A name that this machine's zone files do not know must not close the organization's pages.
        return ZoneInfo("UTC")


def _member(request: HttpRequest) -> Member | None:
    try:
        arguments: dict[str, Any] = resolve(request.path_info).kwargs
    except Resolver404:
        return None
    slug, user = arguments.get("tenant_slug"), request.user
    if slug is None or not user.is_authenticated or user.pk is None:
        return None
    return find_member(slug, user.pk)
