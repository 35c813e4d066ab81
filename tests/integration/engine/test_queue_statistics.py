"""A queue that was filled while a vacuum looked is not taken for an empty one."""

import json
from typing import Any
from uuid import UUID

import psycopg
from django.conf import settings

from accounts.models import Tenant
from delivery.services.queue_statistics import keep_queue_statistics

_FILL = """
insert into delivery_queueentry (tenant_id, message_id, lane_id, domain_id, next_attempt_at, expires_at)
select %s, gen_random_uuid(), 0, 0, now() + interval '1 day', now() + interval '2 days'
from generate_series(1, 4000)
"""


def estimate(owner: psycopg.Connection[Any], tenant_id: UUID) -> int:
    plan = owner.execute(
        "explain (format json) select from delivery_queueentry where tenant_id = %s", [tenant_id]
    ).fetchone()
    assert plan is not None
    found: list[dict[str, Any]] = plan[0] if isinstance(plan[0], list) else json.loads(plan[0])
    return int(found[0]["Plan"]["Plan Rows"])


def test_a_launch_that_a_vacuum_has_not_seen_is_counted_at_its_end(tenant: Tenant) -> None:
    with (
        psycopg.connect(settings.DATABASE_OWNER_URL) as launch,
        psycopg.connect(settings.DATABASE_OWNER_URL, autocommit=True) as owner,
    ):
        launch.execute(_FILL, [tenant.pk])
        owner.execute("vacuum analyze delivery_queueentry")
        launch.commit()
        assert estimate(owner, tenant.pk) < 100
        assert keep_queue_statistics()
        assert estimate(owner, tenant.pk) > 2000
        assert not keep_queue_statistics()
