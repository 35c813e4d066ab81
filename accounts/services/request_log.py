"""Keeps the log of API requests: one row after each answer, none for longer than RETENTION."""

from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import connection
from django.utils import timezone

from accounts.models import ApiRequest
from accounts.tenancy import tenant_scope

RETENTION: Final = timedelta(days=30)
#: A longer path is none of ours.
MOST_PATH: Final = 300
MOST_METHOD: Final = 10
_BATCH: Final = 10_000
_SCOPE: Final = """
select set_config('app.tenant_id', %(tenant)s::text, true), set_config('synchronous_commit', 'off', true);
"""
_KEEP: Final = """
insert into accounts_apirequest
  (tenant_id, key_id, at, method, path, status, code, milliseconds, request_id)
values (%(tenant)s, %(key)s, %(at)s, %(method)s, %(path)s, %(status)s, %(code)s, %(milliseconds)s,
  %(request_id)s)
"""


def keep_request(
    *,
    tenant_id: UUID,
    key_id: int,
    at: datetime,
    method: str,
    path: str,
    status: int,
    code: str,
    milliseconds: int,
    request_id: str,
) -> None:
    """Writes one row in a transaction of its own, which a crash may lose: nobody waits for the disk."""
    values: dict[str, Any] = {
        "tenant": tenant_id,
        "key": key_id,
        "at": at,
        "method": method[:MOST_METHOD],
        "path": path[:MOST_PATH],
        "status": status,
        "code": code,
        "milliseconds": milliseconds,
        "request_id": request_id,
    }
    if connection.in_atomic_block:
        with tenant_scope(tenant_id), connection.cursor() as cursor:
            cursor.execute(_KEEP, values)
    else:
        # One way to the database and back: statements sent together are one transaction, and the scope ends
        # with it.
        with connection.cursor() as cursor:
            cursor.execute(_SCOPE + _KEEP, values)


def forget_requests() -> int:
    """Removes what is older than RETENTION, in small transactions; returns how many."""
    before = timezone.now() - RETENTION
    with connection.cursor() as cursor:
        cursor.execute("select * from tenants_with_old_requests(%s)", [before])
        tenants = [row[0] for row in cursor.fetchall()]
    return sum(_forget(tenant_id, before) for tenant_id in tenants)


def _forget(tenant_id: UUID, before: datetime) -> int:
    total = 0
    while True:
        with tenant_scope(tenant_id):
            old = ApiRequest.objects.filter(tenant_id=tenant_id, at__lt=before).order_by("at")
            gone, _ = ApiRequest.objects.filter(
                pk__in=list(old.values_list("pk", flat=True)[:_BATCH])
            ).delete()
        total += gone
        if gone < _BATCH:
            return total
