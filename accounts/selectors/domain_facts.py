"""All that is known of a sending domain, as plain values for the API."""

from typing import Any

from accounts.models import AuditEvent, DkimKey, SendingDomain
from accounts.selectors.check_words import said
from accounts.selectors.readiness import readiness

#: What the history of a domain's keys is made of.
KEY_VERBS = ("rotating", "rotated", "revoked")


def domain_facts(domain: SendingDomain) -> dict[str, Any]:
    """State, records, checks, readiness and keys; called in the tenant's scope. Times are datetimes."""
    return {
        "name": domain.name,
        "state": domain.state,
        "zone": domain.zone or None,
        "verified_at": domain.verified_at,
        "checked_at": domain.checked_at,
        "next_check_at": domain.next_check_at,
        "drifting_since": domain.drifting_since,
        "records": domain.records,
        "checks": [_check(one) for one in domain.checks],
        "readiness": [
            {"code": one.code, "met": one.met, "ours": one.ours, "text": str(one.label)}
            for one in readiness(domain)
        ],
        "keys": [key_facts(key) for key in keys_of(domain)],
    }


def keys_of(domain: SendingDomain) -> list[DkimKey]:
    """By selector."""
    found = DkimKey.objects.filter(tenant_id=domain.tenant_id, domain=domain)
    return list(found.order_by("-algorithm", "selector"))


def key_facts(key: DkimKey) -> dict[str, Any]:
    """`signing`, `announced` (signs soon), `retired` (still in DNS) or `reserve`."""
    if key.active:
        state = "signing"
    elif key.announced_at is None:
        state = "reserve"
    else:
        state = "announced" if key.retired_at is None else "retired"
    return {
        "selector": key.selector,
        "algorithm": key.algorithm,
        "state": state,
        "signing_since": key.signing_since,
        "announced_at": key.announced_at,
        "retired_at": key.retired_at,
        "revoked": key.revoked_at is not None,
    }


def key_history(domain: SendingDomain, *, most: int = 10) -> list[AuditEvent]:
    """The newest changes of its keys, newest first."""
    found = AuditEvent.objects.filter(
        tenant_id=domain.tenant_id,
        verb__in=KEY_VERBS,
        object_type="sendingdomain",
        object_id=str(domain.pk),
    )
    return list(found.order_by("-id")[:most])


def _check(check: dict[str, Any]) -> dict[str, Any]:
    text, deed = said(check)
    return check | {"text": text, "what_to_do": deed or None}
