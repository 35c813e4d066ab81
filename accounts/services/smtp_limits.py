"""Limits of SMTP credentials: recipients in this minute and on this day, exact over all servers.

What is spent is written in a transaction of its own before the mail is accepted, and does not wait for the
disk: the mail's own commit, which does, comes later in the same log. A crash between the two has spent a
little too much, never too little.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from django.db import connection

from accounts.exceptions import CredentialDayReached, CredentialRateReached
from accounts.models import SmtpAllowance
from accounts.services.smtp_credentials import AuthenticatedCredential
from accounts.tenancy import tenant_scope

_NOW: Final = """
select date_trunc('minute', clock_timestamp()), (clock_timestamp() at time zone time_zone)::date,
  ceil(extract(epoch from date_trunc('minute', clock_timestamp()) + interval '1 minute' - clock_timestamp())),
  ceil(extract(epoch from
    ((clock_timestamp() at time zone time_zone)::date + 1)::timestamp at time zone time_zone
    - clock_timestamp()))
from accounts_tenant where id = %s
"""
#: Another server's clock or transaction may be a minute ahead; what is newer stands.
_SPEND: Final = """
insert into accounts_smtpallowance as a (tenant_id, credential_id, minute, minute_count, day, day_count)
select %(tenant)s, %(credential)s, %(minute)s, %(count)s, %(day)s, %(count)s
where %(count)s <= %(rate)s and %(count)s <= %(daily)s
on conflict (tenant_id, credential_id) do update set
  minute = greatest(a.minute, excluded.minute),
  minute_count = excluded.minute_count + case when a.minute < excluded.minute then 0 else a.minute_count end,
  day = greatest(a.day, excluded.day),
  day_count = excluded.day_count + case when a.day < excluded.day then 0 else a.day_count end
where excluded.minute_count + case when a.minute < excluded.minute then 0 else a.minute_count end <= %(rate)s
  and excluded.day_count + case when a.day < excluded.day then 0 else a.day_count end <= %(daily)s
returning minute, day
"""
_GIVE_BACK: Final = """
update accounts_smtpallowance set
  minute_count = minute_count - case when minute = %(minute)s then %(count)s else 0 end,
  day_count = day_count - case when day = %(day)s then %(count)s else 0 end
where tenant_id = %(tenant)s and credential_id = %(credential)s
"""
_NO_LIMIT: Final = 2**31 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class _Spent:
    """Where it was counted."""

    minute: datetime
    day: date


@contextmanager
def spending(credential: AuthenticatedCredential, recipients: int) -> Iterator[None]:
    """Takes `recipients` from the limits; what fails inside gives them back.

    Outside any transaction, around the call that accepts the mail. Raises CredentialRateReached,
    CredentialDayReached with Retry-After in `headers`.
    """
    if credential.rate_per_minute is None and credential.daily_limit is None:
        yield
        return
    spent = _spend(credential, recipients)
    try:
        yield
    except BaseException:
        _give_back(credential, recipients, spent)
        raise


def _spend(credential: AuthenticatedCredential, recipients: int) -> _Spent:
    rate = _NO_LIMIT if credential.rate_per_minute is None else credential.rate_per_minute
    daily = _NO_LIMIT if credential.daily_limit is None else credential.daily_limit
    with tenant_scope(credential.tenant_id), connection.cursor() as cursor:
        cursor.execute("set local synchronous_commit = off")
        cursor.execute(_NOW, [credential.tenant_id])
        minute, day, minute_ends, day_ends = cursor.fetchone()
        values = {
            "tenant": credential.tenant_id,
            "credential": credential.credential_id,
            "minute": minute,
            "day": day,
            "count": recipients,
            "rate": rate,
            "daily": daily,
        }
        cursor.execute(_SPEND, values)
        row = cursor.fetchone()
        if row is not None:
            return _Spent(minute=row[0], day=row[1])
        used = SmtpAllowance.objects.filter(credential_id=credential.credential_id).first()
    day_used = used.day_count if used is not None and used.day >= day else 0
    if day_used + recipients > daily:
        raise CredentialDayReached(headers={"Retry-After": str(int(day_ends))})
    raise CredentialRateReached(headers={"Retry-After": str(int(minute_ends))})


def _give_back(credential: AuthenticatedCredential, recipients: int, spent: _Spent) -> None:
    values: dict[str, Any] = {
        "tenant": credential.tenant_id,
        "credential": credential.credential_id,
        "minute": spent.minute,
        "day": spent.day,
        "count": recipients,
    }
    with tenant_scope(credential.tenant_id), connection.cursor() as cursor:
        cursor.execute(_GIVE_BACK, values)
