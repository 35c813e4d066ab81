"""The edge's recorder while the database is away: nothing raises, memory stays flat, then all is written."""

import asyncio
from datetime import UTC, datetime
from uuid import UUID

import pytest
from django.conf import settings
from psycopg_pool import AsyncConnectionPool

from accounts.tenancy import tenant_scope
from tests.integration.edge_client import BROWSER
from tests.integration.organizations import Organization, make_organization
from tracking.edge import recorder
from tracking.edge.recorder import Recorder, Seen
from tracking.models import Engagement
from tracking.services.machine import Visit

pytestmark = pytest.mark.usefixtures("committed")


def opened(shop: Organization, message_id: UUID | None = None) -> Seen:
    return Seen(
        tenant_id=shop.tenant.pk,
        message_id=message_id or shop.message_id,
        kind="opened",
        visit=Visit(user_agent=BROWSER, at=datetime.now(UTC), link_index=None),
        address="203.0.113.9",
    )


def recorded(shop: Organization) -> int:
    with tenant_scope(shop.tenant.pk):
        return Engagement.objects.filter(message_id=shop.message_id).count()


def test_what_could_not_be_written_waits_and_is_written_later(caplog: pytest.LogCaptureFixture) -> None:
    shop = make_organization()

    async def outage() -> None:
        pool = AsyncConnectionPool(settings.DATABASE_URL, min_size=1, open=False)
        keeper = Recorder(pool)
        keeper.add(opened(shop))
        await keeper.flush(everything=True)
        assert "they wait" in caplog.text
        async with pool:
            await keeper.flush(everything=True)

    asyncio.run(outage())
    assert recorded(shop) == 1


def test_beyond_its_bound_it_counts_and_lets_go(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder, "MOST", 3)
    shop = make_organization()

    async def flood() -> None:
        async with AsyncConnectionPool(settings.DATABASE_URL, min_size=1, open=False) as pool:
            keeper = Recorder(pool)
            for _ in range(5):
                keeper.add(opened(shop))
            await keeper.flush(everything=True)

    asyncio.run(flood())
    assert "2 engagements were let go" in caplog.text
    assert recorded(shop) == 3
