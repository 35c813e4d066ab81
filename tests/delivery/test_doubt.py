"""In doubt ends when somebody has proven that the message arrived, and the sums follow."""

import pytest
from django.db import connection

from accounts.models import SendingDomain, Tenant
from accounts.tenancy import tenant_scope
from delivery.models import Attempt, AttemptState, Counter, Rollup
from delivery.services.doubt import RESOLVE_SQL, resolve_parameters
from tests.delivery.test_late_bounce import sent, sums


def resolve(tenant: Tenant, *proofs: tuple[object, str]) -> int:
    with tenant_scope(tenant.pk), connection.cursor() as cursor:
        cursor.execute(RESOLVE_SQL, resolve_parameters(tenant.pk, proofs))  # type: ignore[arg-type]
        return int(cursor.fetchone()[0])


def test_who_opened_it_has_it(tenant: Tenant, domain: SendingDomain) -> None:
    message = sent(tenant, AttemptState.IN_DOUBT)
    assert resolve(tenant, (message, "opened"), (message, "clicked")) == 1
    with tenant_scope(tenant.pk):
        attempt = Attempt.objects.get(message_id=message, number=2)
    assert (attempt.state, attempt.category, attempt.host) == (
        AttemptState.DELIVERED,
        "clicked",
        "mx.gmail.test",
    )
    assert sums(tenant, Counter) == {AttemptState.IN_DOUBT: 0, AttemptState.DELIVERED: 1}
    assert sums(tenant, Rollup) == {AttemptState.IN_DOUBT: -1, AttemptState.DELIVERED: 1}
    assert resolve(tenant, (message, "opened")) == 0


@pytest.mark.parametrize("state", [AttemptState.DELIVERED, AttemptState.BOUNCED, AttemptState.EXPIRED])
def test_no_other_final_state_is_left(tenant: Tenant, domain: SendingDomain, state: AttemptState) -> None:
    message = sent(tenant, state)
    assert resolve(tenant, (message, "opened")) == 0
    assert sums(tenant, Counter) == {state: 1}


def test_many_at_once_are_counted_together(tenant: Tenant, domain: SendingDomain) -> None:
    doubts = [sent(tenant, AttemptState.IN_DOUBT) for _ in range(3)]
    delivered = sent(tenant, AttemptState.DELIVERED)
    assert resolve(tenant, *((message, "opened") for message in [*doubts, delivered])) == 3
    assert sums(tenant, Rollup) == {AttemptState.IN_DOUBT: -3, AttemptState.DELIVERED: 3}
