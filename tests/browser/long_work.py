"""Jobs in each of their states, for the visits of their pages."""

from datetime import timedelta

from django.utils import timezone

from accounts.models import Job, Tenant, User
from accounts.tenancy import tenant_scope

TITLE = "夏のキャンペーン応募者リスト（店頭・オンライン合算） 2026年8月確定版"


def fill(tenant: Tenant, person: User) -> dict[str, int]:
    """One job for each state; returns their ids by state."""
    now = timezone.now()
    states: dict[str, dict[str, object]] = {
        "waiting": {},
        "running": {"done": 412_300, "total": 1_000_000, "started_at": now, "heartbeat_at": now},
        "failed": {
            "finished_at": now,
            "error": {"code": "internal_error", "message": "予期しないエラーが発生しました。"},
        },
        "cancelled": {"finished_at": now, "cancel_requested_at": now},
        "done": {
            "finished_at": now,
            "counts": {"contacts": 47_812, "messages": 1_204_377},
            "result_name": "日の出ストア-2026-11-24.zip",
            "result_type": "application/zip",
            "result_size": 123_456_789,
            "result_until": now + timedelta(days=7),
        },
    }
    with tenant_scope(tenant.pk):
        return {
            state: Job.objects.create(
                tenant_id=tenant.pk,
                kind="tenant_export",
                title=TITLE,
                created_by=person,
                state=state,
                **values,
            ).pk
            for state, values in states.items()
        }
