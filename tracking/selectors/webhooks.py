"""Reads webhook endpoints, how they do, and their calls."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from django.db import connection
from django.db.models import Sum
from django.utils import timezone

from accounts.tenancy import reading_scope
from relay_saas.web.errors import NotFound
from relay_saas.web.paging import Page, page_of
from tracking.models import WebhookAttempt, WebhookCall, WebhookEndpoint, WebhookHour, WebhookReplay
from tracking.selectors.event_feed import LAST_SQL

DAY: Final = timedelta(hours=24)
#: Of what waits, more is not counted.
MOST_WAITING: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """Of the last 24 hours, and of now."""

    succeeded: int
    failed: int
    milliseconds: int
    #: Calls that wait for another try, at most MOST_WAITING.
    waiting: int
    #: Events behind the last one that it has.
    behind: int

    @property
    def attempts(self) -> int:
        """All of them."""
        return self.succeeded + self.failed

    @property
    def share(self) -> float | None:
        """Per cent that succeeded."""
        return 100 * self.succeeded / self.attempts if self.attempts else None

    @property
    def mean(self) -> int | None:
        """Milliseconds of an attempt."""
        return round(self.milliseconds / self.attempts) if self.attempts else None


def endpoints_of(*, tenant_id: UUID) -> list[WebhookEndpoint]:
    """All endpoints, newest first; there are few."""
    with reading_scope(tenant_id):
        return list(WebhookEndpoint.objects.filter(tenant_id=tenant_id).order_by("-id"))


def endpoint_of(*, tenant_id: UUID, endpoint_id: int) -> WebhookEndpoint:
    """One; raises NotFound."""
    with reading_scope(tenant_id):
        found = WebhookEndpoint.objects.filter(tenant_id=tenant_id, pk=endpoint_id).first()
    if found is None:
        raise NotFound
    return found


def health_of(endpoint: WebhookEndpoint) -> Health:
    """How an endpoint does."""
    tenant_id = endpoint.tenant_id
    with reading_scope(tenant_id):
        since = timezone.now() - DAY
        sums = WebhookHour.objects.filter(
            tenant_id=tenant_id, endpoint_id=endpoint.pk, hour__gte=since
        ).aggregate(ok=Sum("succeeded"), bad=Sum("failed"), ms=Sum("milliseconds"))
        waiting = WebhookCall.objects.filter(
            tenant_id=tenant_id, endpoint_id=endpoint.pk, state=WebhookCall.State.WAITING
        )[:MOST_WAITING].count()
        with connection.cursor() as cursor:
            cursor.execute(LAST_SQL, {"tenant": tenant_id})
            last = int(cursor.fetchone()[0])
    return Health(
        succeeded=sums["ok"] or 0,
        failed=sums["bad"] or 0,
        milliseconds=sums["ms"] or 0,
        waiting=waiting,
        behind=max(0, last - endpoint.position),
    )


def calls_page(
    *, tenant_id: UUID, endpoint_id: int, state: str, cursor: str | None, size: int
) -> Page[WebhookCall]:
    """Its calls, newest first; `state` "" is every one. Raises BadCursor."""
    with reading_scope(tenant_id):
        rows = WebhookCall.objects.filter(tenant_id=tenant_id, endpoint_id=endpoint_id).defer("body")
        return page_of(rows.filter(state=state) if state else rows, order=["-id"], cursor=cursor, size=size)


def call_of(*, tenant_id: UUID, endpoint_id: int, call_id: UUID) -> WebhookCall:
    """One call; raises NotFound."""
    with reading_scope(tenant_id):
        found = WebhookCall.objects.filter(tenant_id=tenant_id, endpoint_id=endpoint_id, id=call_id).first()
    if found is None:
        raise NotFound
    return found


def attempts_of(call: WebhookCall) -> list[WebhookAttempt]:
    """Every time it was made, the last one first."""
    with reading_scope(call.tenant_id):
        rows = WebhookAttempt.objects.filter(tenant_id=call.tenant_id, call_id=call.id)
        return list(rows.order_by("-number")[:50])


def replays_of(*, tenant_id: UUID, endpoint_id: int) -> list[WebhookReplay]:
    """The last few replays."""
    with reading_scope(tenant_id):
        rows = WebhookReplay.objects.filter(tenant_id=tenant_id, endpoint_id=endpoint_id)
        return list(rows.order_by("-id")[:5])
