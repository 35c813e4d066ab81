"""Writes the audit trail: every service that changes something for a person calls `record`."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

import structlog
from django.db import models

from accounts.models.audit import AuditEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who does it: a person (`user_id`), a key or the system; `name` is what the trail shows."""

    name: str
    user_id: int | None = None
    address: str = ""


SYSTEM = Actor(name="system")


def record(
    *,
    tenant_id: UUID,
    actor: Actor,
    verb: str,
    subject: models.Model,
    changes: Mapping[str, object] | None = None,
) -> None:
    """Adds one audit event in the caller's transaction; `verb` is a past participle (`launched`,
    `revoked`)."""
    AuditEvent.objects.create(
        tenant_id=tenant_id,
        user_id=actor.user_id,
        actor=actor.name,
        verb=verb,
        object_type=subject._meta.model_name or "",
        object_id=str(subject.pk),
        changes=dict(changes or {}),
        address=actor.address,
        request_id=str(structlog.contextvars.get_contextvars().get("request_id", "")),
    )
