"""Holds the running campaigns of a sending domain whose DNS records broke, and lets them go when it is mended
(docs/adr/0019-drift.md)."""

from typing import Final
from uuid import UUID

from django.db import connection

from delivery.models import Scope
from delivery.selectors.policies import active_policies
from delivery.services.policy import lift, suspend

#: Names these policies among all others.
RULE: Final = "domain_drift"

Gate = tuple[UUID, str, int]


def keep_domain_gates() -> tuple[int, int]:
    """How many campaigns are held from now on, and how many go on; nothing where all is as it should be."""
    with connection.cursor() as cursor:
        cursor.execute("select tenant_id, domain, campaign_id from domain_gates_wanted()")
        wanted: set[Gate] = {
            (tenant_id, domain, campaign) for tenant_id, domain, campaign in cursor.fetchall()
        }
    held = {
        (policy.tenant_id, policy.domain, policy.campaign_id): policy.pk
        for policy in active_policies().filter(rule=RULE)
    }
    fresh = wanted - held.keys()
    for tenant_id, domain, campaign in fresh:
        scope = Scope(tenant_id=tenant_id, domain=domain, campaign_id=campaign)
        suspend(scope=scope, reason=f"the DNS records of {domain} broke", set_by="engine", rule=RULE)
    over = [number for gate, number in held.items() if gate not in wanted]
    for number in over:
        lift(policy_id=number, by="engine")
    return len(fresh), len(over)
