"""Gives up what has waited too long, by an operator's word: after an outage old news is not wanted."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

from django.db import connection
from django.utils import timezone

from accounts.tenancy import tenant_scope
from delivery.models import AttemptState, Scope
from delivery.selectors.operations import LaneRow, lanes
from delivery.services.settle import Settlement, settle_sql

_BATCH: Final = 2000
#: The id says when the message was accepted or launched.
_SQL: Final = settle_sql(
    condition="q.tenant_id = %(tenant)s and q.lane_id = any(%(lanes)s) "
    "and q.message_id < uuid7_floor(%(before)s)"
)
EXPIRED_BY_HAND: Final = "operator"


def lanes_in(scope: Scope) -> list[LaneRow]:
    """The lanes with open work that a scope covers."""
    return [row for row in lanes() if row.within(scope)]


def expire_waiting(*, scope: Scope, older_than: timedelta) -> int:
    """Ends as *expired* what nobody holds and was accepted longer ago; returns the number.

    In batches, each in its own transaction: what was ended stays ended where this is interrupted.
    """
    return expire_lanes(
        [(row.tenant_id, row.lane_id) for row in lanes_in(scope) if row.waiting], older_than=older_than
    )


def expire_lanes(chosen: Sequence[tuple[UUID, int]], *, older_than: timedelta) -> int:
    """The same for lanes by tenant and number."""
    by_tenant: dict[UUID, list[int]] = defaultdict(list)
    for tenant_id, lane_id in chosen:
        by_tenant[tenant_id].append(lane_id)
    before = timezone.now() - older_than
    settlement = Settlement(state=AttemptState.EXPIRED, category="expired", rule=EXPIRED_BY_HAND)
    ended = 0
    for tenant_id, lane_ids in by_tenant.items():
        parameters = settlement.parameters(limit=_BATCH, tenant=tenant_id, lanes=lane_ids, before=before)
        while True:
            with tenant_scope(tenant_id), connection.cursor() as cursor:
                cursor.execute(_SQL, parameters)
                batch = int(cursor.fetchone()[0])
            ended += batch
            if batch < _BATCH:
                break
    return ended
