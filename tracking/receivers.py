"""Hears what accounts and delivery announce; only enqueues. A sweeper finds what is missed of mail."""

from typing import Any
from uuid import UUID

from accounts.events import domain_drifting, domain_keys_changed, domain_mended
from accounts.models.tenant import new_id
from accounts.selectors.readiness import complaint_readers
from delivery.events import people_wrote, reports_came
from tracking.selectors.complaints import complaints_of
from tracking.tasks import note_fact, record_mail, record_reports


def on_people_wrote(*, tenant_id: UUID, inbound_ids: list[int], **_: Any) -> None:
    """Complaints and opt-outs by mail belong into the reports."""
    record_mail.delay(str(tenant_id), inbound_ids)


def on_reports_came(*, tenant_id: UUID, inbound_ids: list[int], **_: Any) -> None:
    """Receivers' reports about sending domains are read."""
    record_reports.delay(str(tenant_id), inbound_ids)


def on_domain_drifting(
    *, tenant_id: UUID, domain_id: int, name: str, records: list[str] | None = None, **_: Any
) -> None:
    """Records of a domain that still sends are missing or different."""
    _note(tenant_id, "domain.drifting", domain_id, name, records=records or [])


def on_domain_mended(*, tenant_id: UUID, domain_id: int, name: str, **_: Any) -> None:
    """Its records are right again."""
    _note(tenant_id, "domain.mended", domain_id, name)


def on_domain_keys_changed(
    *,
    tenant_id: UUID,
    domain_id: int,
    name: str,
    signing: list[str] | None = None,
    withdrawn: list[str] | None = None,
    **_: Any,
) -> None:
    """It signs with other keys."""
    facts = {"signing": signing or [], "withdrawn": withdrawn or []}
    _note(tenant_id, "domain.keys_changed", domain_id, name, **facts)


def _note(tenant_id: UUID, event_type: str, domain_id: int, name: str, **facts: list[str]) -> None:
    data = {"domain_id": domain_id, "name": name, **facts}
    note_fact.delay(str(tenant_id), str(new_id()), event_type, data)


def connect() -> None:
    """Called once when the app is ready."""
    complaint_readers.append(complaints_of)
    people_wrote.connect(on_people_wrote, dispatch_uid="tracking")
    domain_drifting.connect(on_domain_drifting, dispatch_uid="tracking")
    domain_mended.connect(on_domain_mended, dispatch_uid="tracking")
    domain_keys_changed.connect(on_domain_keys_changed, dispatch_uid="tracking")
    reports_came.connect(on_reports_came, dispatch_uid="tracking")
