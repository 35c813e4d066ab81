"""Cancels mail that waits, or puts it off."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import connection
from django.utils import timezone

from accounts.tenancy import tenant_scope
from delivery.exceptions import NothingWaits
from delivery.models import AttemptState, Submission
from delivery.services.settle import Settlement, settle_sql
from delivery.services.timings import longest_wait
from relay_saas.web.errors import NotFound

#: Ids say when they were made: the bound lets PostgreSQL pass by the months before.
_OWN: Final = """(select m.id from delivery_message m
  where m.tenant_id = %(tenant)s and m.submission_id = %(submission)s and m.id >= %(bound)s)"""
_CANCEL: Final = settle_sql(
    condition=f"q.tenant_id = %(tenant)s and q.message_id in {_OWN}",
    wait=True,
)
#: What was tried once keeps its time: that is the retry's.
_PUT_OFF: Final = f"""
update delivery_queueentry q set next_attempt_at = %(at)s, expires_at = %(expires)s
where q.tenant_id = %(tenant)s and q.message_id in {_OWN} and q.run_id is null and q.attempts = 0
"""  # noqa: S608 - our own words


def cancel_submission(*, tenant_id: UUID, submission_id: UUID) -> int:
    """Ends the copies that wait; returns how many. What is on its way goes on. Raises NotFound,
    NothingWaits."""
    settlement = Settlement(state=AttemptState.CANCELLED, category="cancelled")
    parameters = settlement.parameters(**_own(tenant_id, submission_id))
    with tenant_scope(tenant_id), connection.cursor() as cursor:
        _locked(submission_id)
        cursor.execute(_CANCEL, parameters)
        ended = int(cursor.fetchone()[0])
        if not ended:
            raise NothingWaits
    return ended


def put_off(*, tenant_id: UUID, submission_id: UUID, send_at: datetime) -> int:
    """Gives the copies that nobody has tried yet another time; returns how many.

    A time that is over means at once. Raises NotFound, NothingWaits.
    """
    with tenant_scope(tenant_id), connection.cursor() as cursor:
        submission = _locked(submission_id)
        at = max(send_at, timezone.now())
        values = {"at": at, "expires": at + longest_wait(submission.stream)}
        cursor.execute(_PUT_OFF, _own(tenant_id, submission_id) | values)
        moved = int(cursor.rowcount)
        if not moved:
            raise NothingWaits
        submission.send_at = send_at
        submission.save(update_fields=["send_at"])
    return moved


def _own(tenant_id: UUID, submission_id: UUID) -> dict[str, Any]:
    bound = UUID(int=max(0, (submission_id.int >> 80) - 60_000) << 80)
    return {"tenant": tenant_id, "submission": submission_id, "bound": bound}


def _locked(submission_id: UUID) -> Submission:
    found = Submission.objects.select_for_update().filter(pk=submission_id).first()
    if found is None:
        raise NotFound
    return found
