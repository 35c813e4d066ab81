"""Suspends and slows down, and lifts it again: the operators' and the engine's brakes."""

from datetime import datetime

from django.db.models.functions import Now

from delivery.exceptions import BadPolicy
from delivery.models import PolicyAction, PolicyState, Scope
from delivery.selectors.policies import active_policies


def suspend(
    *,
    scope: Scope,
    reason: str,
    set_by: str,
    until: datetime | None = None,
    rule: str = "",
    evidence: str = "",
) -> PolicyState:
    """Nothing of this scope is claimed from now on; an empty scope is the red switch. Raises BadPolicy."""
    return impose(
        scope=scope,
        action=PolicyAction.SUSPEND,
        reason=reason,
        set_by=set_by,
        until=until,
        rule=rule,
        evidence=evidence,
    )


def impose(
    *,
    scope: Scope,
    action: PolicyAction,
    reason: str,
    set_by: str,
    value: int | None = None,
    until: datetime | None = None,
    rule: str = "",
    evidence: str = "",
) -> PolicyState:
    """Adds a policy of any kind; where several hold, the tightest wins. Raises BadPolicy."""
    if not reason.strip():
        raise BadPolicy("no_reason")
    if action != PolicyAction.SUSPEND and (value is None or value < 1):
        raise BadPolicy("no_value")
    return PolicyState.objects.create(
        **scope.parts(),
        action=action,
        value=value,
        reason=reason,
        set_by=set_by,
        until=until,
        rule=rule,
        evidence=evidence,
    )


def lift(*, policy_id: int, by: str) -> bool:
    """Ends a policy; False where none of that number holds any more."""
    return bool(active_policies().filter(pk=policy_id).update(ended_at=Now(), ended_by=by))
