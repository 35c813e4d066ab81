"""After a database was restored: what may have been sent since the copy was made, and a person's decision."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import psycopg
from psycopg.rows import class_row

from delivery.models.ledger import AttemptState
from delivery.services.settle import Settlement, settle_sql

_BATCH: Final = 2000
#: What was accepted or launched before the restoration: the copy knows of it, but not whether it went out.
_BEFORE: Final = """join delivery_message m on m.tenant_id = q.tenant_id and m.id = q.message_id
  left join campaigns_campaign k on k.tenant_id = q.tenant_id and k.id = q.campaign_id
  join delivery_incarnation i on m.created_at < i.restored_at or k.launched_at < i.restored_at"""
_WAITING: Final = f"""
select t.slug as tenant, k.id as campaign, coalesce(k.name, '') as name, count(*) as messages
from delivery_queueentry q {_BEFORE} join accounts_tenant t on t.id = q.tenant_id
group by 1, 2, 3 order by 1, 2
"""  # noqa: S608 - our own text
_DOUBT: Final = settle_sql(source=_BEFORE, condition="true")
_WHEN: Final = "select restored_at from delivery_incarnation"


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """Messages of one campaign (None: mail without a campaign) that may have been sent already."""

    tenant: str
    campaign: int | None
    name: str
    messages: int


def restored_at(database_url: str) -> datetime | None:
    """When the last restoration was noticed; None: never."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        row = connection.execute(_WHEN).fetchone()
    return row[0] if row else None


def waiting(database_url: str) -> list[Waiting]:
    """What waits since before the restoration, as relay_dispatch over all tenants."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        return connection.cursor(row_factory=class_row(Waiting)).execute(_WAITING).fetchall()


def put_in_doubt(database_url: str) -> int:
    """Ends all of it as in doubt, so that none is sent twice; returns the number of messages."""
    settlement = Settlement(state=AttemptState.IN_DOUBT, category="restored")
    total = 0
    with psycopg.connect(database_url, autocommit=True) as connection:
        while True:
            row = connection.execute(_DOUBT, settlement.parameters(limit=_BATCH)).fetchone()
            settled = int(row[0]) if row else 0
            total += settled
            if settled < _BATCH:
                return total
