"""Marks mail to our roles as read by an operator."""

from uuid import UUID

from django.utils import timezone

from accounts.tenancy import tenant_scope
from delivery.models import InboundMail


def mark_done(*, tenant_id: UUID, number: int, by: str) -> bool:
    """Says that somebody has read it and done what it asks; False where somebody had before."""
    with tenant_scope(tenant_id):
        waiting = InboundMail.objects.filter(pk=number, done_at=None)
        return bool(waiting.update(done_at=timezone.now(), done_by=by))
