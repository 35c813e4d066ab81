"""Suppresses many addresses at once by hand: pasted ones, and those of a file."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from django.db import connection

from accounts import audit
from accounts.address_words import words_of
from accounts.audit import Actor
from accounts.models import Tenant
from accounts.tenancy import tenant_scope
from campaigns.models import Suppression
from campaigns.services.import_rows import read_address
from relay_saas.mail.addresses import BadAddress

#: Bad lines that are told one by one.
MOST_TOLD: Final = 50

_ADD: Final = """
insert into campaigns_suppression (tenant_id, email_key, scope, reason, detail, created_at)
select %(tenant)s, key, %(scope)s, 'manual', %(detail)s, now()
from unnest(%(keys)s::text[]) key order by key
on conflict (tenant_id, email_key, scope) do nothing
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class BadLine:
    """A line that is no address, and why."""

    line: int
    text: str
    code: str
    problem: str


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What became of the lines; `bad` holds the first of those that were not taken."""

    added: int = 0
    there: int = 0
    refused: int = 0
    bad: list[BadLine] = field(default_factory=list)


def suppress_many(
    *,
    tenant_id: UUID,
    lines: Iterable[tuple[int, str]],
    scope: Suppression.Scope,
    detail: str,
    actor: Actor,
    most_told: int = MOST_TOLD,
) -> Outcome:
    """Stops mail to every address among the numbered lines; bad ones are told. One audit event."""
    outcome = Outcome()
    keys: set[str] = set()
    for number, text in lines:
        if not text.strip():
            continue
        try:
            keys.add(read_address(text).key)
        except BadAddress as error:
            outcome.refused += 1
            if len(outcome.bad) < most_told:
                shown = text.strip().replace("\x00", "")[:120]
                outcome.bad.append(BadLine(line=number, text=shown, code=error.code, problem=words_of(error)))
    if not keys:
        return outcome
    values: dict[str, Any] = {
        "tenant": tenant_id,
        "scope": str(scope.value),
        "detail": detail,
        "keys": sorted(keys),
    }
    with tenant_scope(tenant_id), connection.cursor() as cursor:
        cursor.execute(_ADD, values)
        outcome.added = cursor.rowcount
        outcome.there = len(keys) - outcome.added
        if outcome.added:
            changes: dict[str, object] = {"addresses": outcome.added, "scope": str(scope.value)}
            subject = Tenant.objects.get(pk=tenant_id)
            audit.record(
                tenant_id=tenant_id,
                actor=actor,
                verb="suppressed",
                subject=subject,
                changes=changes | {"detail": detail},
            )
    return outcome
