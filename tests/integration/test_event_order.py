"""No event is missed: numbers become visible in their order, whoever commits when."""

from uuid import UUID, uuid4

import psycopg
import pytest
from django.conf import settings
from django.db import connection

from accounts.audit import SYSTEM
from accounts.services.tenants import create_tenant
from accounts.tenancy import tenant_scope
from tests.integration.organizations import make_organization
from tracking.services.event_feed import last_number, read_events
from tracking.services.record import RECORD_SQL, Engaged, record_parameters

pytestmark = pytest.mark.usefixtures("committed")

ADD = (
    "insert into accounts_sendingdomain (tenant_id, name, label, state, records, created_at, signs_ed25519) "
    "values (%s, %s, %s, 'pending', '[]', now(), true)"
)


def names(tenant_id: UUID) -> list[tuple[int, str]]:
    """Numbers and names of the facts of the feed."""
    page = read_events(tenant_id=tenant_id, after=0, limit=100)
    return [(row.number, (row.detail or {})["data"]["name"]) for row in page.rows]


def test_a_transaction_that_commits_late_is_told_late_and_not_missed() -> None:
    slug = f"late{uuid4().hex[:12]}"
    tenant = create_tenant(slug=slug, name="Late", actor=SYSTEM)
    with psycopg.connect(settings.DATABASE_URL) as slow, psycopg.connect(settings.DATABASE_URL) as quick:
        for one in (slow, quick):
            one.execute("select set_config('app.tenant_id', %s, true)", [str(tenant.pk)])
        slow.execute(ADD, [tenant.pk, f"slow.{slug}.test", f"s{slug}"])
        quick.execute(ADD, [tenant.pk, f"quick.{slug}.test", f"q{slug}"])
        quick.commit()
        assert names(tenant.pk) == [(1, f"quick.{slug}.test")]
        slow.commit()
        assert names(tenant.pk) == [(1, f"quick.{slug}.test"), (2, f"slow.{slug}.test")]


def test_a_long_statement_is_noted_in_pieces_and_read_on_across_them() -> None:
    shop = make_organization()
    place = last_number(tenant_id=shop.tenant.pk)
    now = shop.campaign.launched_at
    assert now is not None
    opened = [Engaged(message_id=shop.message_id, kind="opened", at=now) for _ in range(100)]
    with tenant_scope(shop.tenant.pk), connection.cursor() as cursor:
        cursor.execute(RECORD_SQL, record_parameters(shop.tenant.pk, opened))
    seen = []
    more = True
    while more:
        page = read_events(tenant_id=shop.tenant.pk, after=place, limit=7)
        seen += [row.number for row in page.rows]
        place, more = page.position, page.more
    assert len(seen) == 100
    assert seen == list(range(seen[0], seen[0] + 100))
