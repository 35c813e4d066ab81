"""After a database was restored: gives up what may have been sent since the copy was made."""

from typing import Final

import psycopg

from delivery.models.ledger import AttemptState
from delivery.services.settle import Settlement, settle_sql

_BATCH: Final = 2000
#: Accepted or launched before the restoration, as its id says: whether it went out, the copy does not know.
_BEFORE: Final = "join delivery_incarnation i on q.message_id < uuid7_floor(i.restored_at)"
_DOUBT: Final = settle_sql(source=_BEFORE, condition="true")


def put_in_doubt(database_url: str) -> int:
    """Ends as in doubt, over all tenants, what was accepted or launched before the restoration.

    So none of it is sent twice. Returns the number of messages; may be repeated.
    """
    settlement = Settlement(state=AttemptState.IN_DOUBT, category="restored")
    total = 0
    with psycopg.connect(database_url, autocommit=True) as connection:
        while True:
            row = connection.execute(_DOUBT, settlement.parameters(limit=_BATCH)).fetchone()
            settled = int(row[0]) if row else 0
            total += settled
            if settled < _BATCH:
                return total
