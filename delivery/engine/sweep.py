"""Ends what may not go out any more: entries of cancelled campaigns, and those whose time is over."""

from typing import Final

import psycopg

from delivery.models.ledger import AttemptState
from delivery.services.settle import Settlement, settle_sql

_BATCH: Final = 2000

_ANY_CANCELLED: Final = """
select exists (select from campaigns_campaign where state = 'cancelled' and finished_at is null)
"""
_CANCELLED: Final = settle_sql(
    source="""join delivery_lane l on l.tenant_id = q.tenant_id and l.id = q.lane_id
  join campaigns_campaign c on c.tenant_id = l.tenant_id and c.id = l.campaign_id""",
    condition="c.state = 'cancelled' and c.finished_at is null",
)
_EXPIRED: Final = settle_sql(condition="q.expires_at <= now()")


def sweep(database_url: str) -> int:
    """Settles all of both kinds in batches, as relay_dispatch; returns the number of entries."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        ended = _repeat(connection, _EXPIRED, Settlement(state=AttemptState.EXPIRED, category="expired"))
        row = connection.execute(_ANY_CANCELLED).fetchone()
        if row is not None and row[0]:
            cancelled = Settlement(state=AttemptState.CANCELLED, category="cancelled")
            ended += _repeat(connection, _CANCELLED, cancelled)
    return ended


def _repeat(connection: psycopg.Connection, statement: str, settlement: Settlement) -> int:
    total = 0
    while True:
        row = connection.execute(statement, settlement.parameters(limit=_BATCH)).fetchone()
        settled = int(row[0]) if row else 0
        total += settled
        if settled < _BATCH:
            return total
