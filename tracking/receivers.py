"""Hears what delivery announces; only enqueues. A sweeper finds what is missed here."""

from typing import Any
from uuid import UUID

from accounts.selectors.readiness import complaint_readers
from delivery.events import people_wrote
from tracking.selectors.complaints import complaints_of
from tracking.tasks import record_mail


def on_people_wrote(*, tenant_id: UUID, inbound_ids: list[int], **_: Any) -> None:
    """Complaints and opt-outs by mail belong into the reports."""
    record_mail.delay(str(tenant_id), inbound_ids)


def connect() -> None:
    """Called once when the app is ready."""
    complaint_readers.append(complaints_of)
    people_wrote.connect(on_people_wrote, dispatch_uid="tracking")
