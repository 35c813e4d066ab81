"""Keeps who wants to be told about a message, in the transaction that accepts it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.utils import timezone

from delivery.models import NoticeRequest, Submission
from delivery.services.timings import longest_wait

FAILURE: Final = "FAILURE"
DELAY: Final = "DELAY"
SUCCESS: Final = "SUCCESS"
NEVER: Final = "NEVER"
#: Nothing was said of NOTIFY; RFC 3461 §4.1 leaves a delay to us, and people want to know of failures.
_DEFAULT: Final = (FAILURE,)
#: A message is late when it has waited for this part of its longest wait.
_LATE: Final = 4


def notice_requests(submission: Submission, copies: Iterable[tuple[UUID, str]]) -> list[NoticeRequest]:
    """The rows for `copies` (message id, address key) of a submission whose credential gets reports.

    None for mail from `<>`, which asks for none, and for recipients with NOTIFY=NEVER.
    """
    if not submission.mail_from or submission.smtp_credential_id is None:
        return []
    said: Mapping[str, Any] = submission.dsn.get("recipients", {})
    asking = _Asking(
        tenant_id=submission.tenant_id,
        submission_id=submission.pk,
        credential_id=submission.smtp_credential_id,
        late=timezone.now() + longest_wait(submission.stream) / _LATE,
    )
    rows = [_row(asking, message_id, said.get(key, {})) for message_id, key in copies]
    return [row for row in rows if NEVER not in row.notify]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asking:
    """What the rows of a submission share."""

    tenant_id: UUID
    submission_id: UUID
    credential_id: int
    late: datetime


def _row(asking: _Asking, message_id: UUID, said: Mapping[str, Any]) -> NoticeRequest:
    notify = [word.upper() for word in said.get("notify") or _DEFAULT]
    return NoticeRequest(
        tenant_id=asking.tenant_id,
        message_id=message_id,
        submission_id=asking.submission_id,
        credential_id=asking.credential_id,
        notify=notify,
        original=said.get("orcpt", ""),
        delay_at=asking.late if DELAY in notify else None,
    )
