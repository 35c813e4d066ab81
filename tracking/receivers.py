"""Hears what delivery announces; only enqueues. A sweeper finds what is missed here."""

from typing import Any
from uuid import UUID

from accounts.selectors.readiness import complaint_readers
from delivery.events import people_wrote, reports_came
from tracking.selectors.complaints import complaints_of
from tracking.tasks import record_mail, record_reports


def on_people_wrote(*, tenant_id: UUID, inbound_ids: list[int], **_: Any) -> None:
    """Complaints and opt-outs by mail belong into the reports."""
    record_mail.delay(str(tenant_id), inbound_ids)


def on_reports_came(*, tenant_id: UUID, inbound_ids: list[int], **_: Any) -> None:
    """Receivers' reports about sending domains are read."""
    record_reports.delay(str(tenant_id), inbound_ids)


def connect() -> None:
    """Called once when the app is ready."""
    complaint_readers.append(complaints_of)
    people_wrote.connect(on_people_wrote, dispatch_uid="tracking")
    reports_came.connect(on_reports_came, dispatch_uid="tracking")
