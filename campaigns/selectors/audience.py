"""Who of a list would get a marketing mail now, and who would not, by reason."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db import connection

from accounts.tenancy import tenant_scope

#: Each person counts once, under the first reason that fits.
_SQL: Final = """
select count(*), count(*) filter (where reason = ''), count(*) filter (where reason = 'unsubscribed'),
  count(*) filter (where reason = 'suppressed'), count(*) filter (where reason = 'smtputf8')
from (
  select case
    when u.state <> 'subscribed' then 'unsubscribed'
    when exists (select from campaigns_suppression x
      where x.tenant_id = u.tenant_id and x.email_key = c.email_key) then 'suppressed'
    when c.needs_smtputf8 then 'smtputf8'
    else '' end as reason
  from campaigns_subscription u
  join campaigns_contact c on c.tenant_id = u.tenant_id and c.id = u.contact_id
  where u.tenant_id = %s and u.mailing_list_id = %s
) people
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """Everybody on a list; the last four sum up to `total`."""

    total: int
    reachable: int
    unsubscribed: int
    suppressed: int
    #: Non-ASCII local part: waits for a receiver with SMTPUTF8.
    smtputf8: int


def audience_of(*, tenant_id: UUID, mailing_list_id: int) -> Audience:
    """The audience of a list at this moment."""
    with tenant_scope(tenant_id), connection.cursor() as cursor:
        cursor.execute(_SQL, [tenant_id, mailing_list_id])
        total, reachable, unsubscribed, suppressed, smtputf8 = cursor.fetchone()
    return Audience(
        total=total,
        reachable=reachable,
        unsubscribed=unsubscribed,
        suppressed=suppressed,
        smtputf8=smtputf8,
    )
