"""Takes a person's mail out of the queue, in the transaction in which they said so."""

from typing import Final
from uuid import UUID

from django.db import connection

from accounts.tenancy import tenant_scope
from delivery.models.ledger import AttemptState
from delivery.models.stream import Stream
from delivery.services.settle import Settlement, settle_sql

#: What a queue run holds at this moment it looks up again itself before DATA.
_SQL: Final = settle_sql(
    source="""join delivery_message m on m.tenant_id = q.tenant_id and m.id = q.message_id
  join campaigns_content t on t.tenant_id = m.tenant_id and t.id = m.content_id""",
    condition="""q.tenant_id = %(tenant)s and m.tenant_id = %(tenant)s and m.rcpt_key = %(email_key)s
    and (%(list)s::bigint is null or t.mailing_list_id = %(list)s)
    and (not %(marketing)s or m.stream = %(stream)s)""",
    wait=True,
)


def suppress_queued(
    *, tenant_id: UUID, email_key: str, mailing_list_id: int | None = None, all_streams: bool = False
) -> int:
    """Ends what waits for this address: of one list, all marketing, or all streams; returns the number."""
    settlement = Settlement(state=AttemptState.SUPPRESSED, category="unsubscribed")
    if all_streams:
        settlement = Settlement(state=AttemptState.SUPPRESSED, category="suppressed")
    parameters = settlement.parameters(
        tenant=tenant_id,
        email_key=email_key,
        list=mailing_list_id,
        marketing=not all_streams,
        stream=Stream.MARKETING.value,
    )
    with tenant_scope(tenant_id), connection.cursor() as cursor:
        cursor.execute(_SQL, parameters)
        return int(cursor.fetchone()[0])
