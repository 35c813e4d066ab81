"""SMTP credentials as people look at them."""

from dataclasses import dataclass
from uuid import UUID

from django.db import connection

from accounts.models import SmtpCredential
from accounts.tenancy import tenant_scope
from relay_saas.web.errors import NotFound

_USED = """
select case when a.minute = date_trunc('minute', now()) then a.minute_count else 0 end,
  case when a.day = (now() at time zone t.time_zone)::date then a.day_count else 0 end
from accounts_smtpallowance a join accounts_tenant t on t.id = a.tenant_id
where a.tenant_id = %s and a.credential_id = %s
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """Recipients so far; counted only where there is a limit."""

    this_minute: int
    today: int


def credential_of(tenant_id: UUID, credential_id: int) -> SmtpCredential:
    """The credential; raises NotFound."""
    with tenant_scope(tenant_id):
        found = SmtpCredential.objects.filter(pk=credential_id).first()
    if found is None:
        raise NotFound
    return found


def used_of(tenant_id: UUID, credential_id: int) -> Used:
    """What it has used of its limits."""
    with tenant_scope(tenant_id), connection.cursor() as cursor:
        cursor.execute(_USED, [tenant_id, credential_id])
        row = cursor.fetchone()
    return Used(this_minute=row[0], today=row[1]) if row else Used(this_minute=0, today=0)
