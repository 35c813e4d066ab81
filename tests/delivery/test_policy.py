"""Suspensions and slow-downs: what they are about, when they end, and who says so."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from django.conf import settings as django_settings
from django.utils import timezone

from delivery.engine.claim import Lane
from delivery.engine.policy import Policies, Policy, raise_policy
from delivery.exceptions import BadPolicy
from delivery.models import PolicyAction, PolicyState, Scope
from delivery.models.stream import Stream
from delivery.selectors.policies import active_policies
from delivery.services import policy

TENANT, OTHER = UUID(int=1), UUID(int=2)
LANE = Lane(
    id=1,
    tenant_id=TENANT,
    pool_id=3,
    source_id=None,
    site_id=7,
    provider_id=4,
    stream=Stream.MARKETING.value,
    site_key="mx.acme.test",
    campaign_id=9,
    sending_domain="news.acme.test",
)


def suspended(**scope: Any) -> Policies:
    return Policies(
        [
            Policy(
                id=1,
                scope=Scope(**scope),
                action=PolicyAction.SUSPEND,
                value=None,
                rule="",
                reason="test",
                until=None,
            )
        ]
    )


@pytest.mark.parametrize(
    "scope",
    [
        {},
        {"stream": Stream.MARKETING},
        {"provider_id": 4},
        {"site_id": 7},
        {"pool_id": 3},
        {"tenant_id": TENANT, "provider_id": 4},
        {"domain": "news.acme.test"},
        {"campaign_id": 9, "tenant_id": TENANT},
        {"source_id": 5, "provider_id": 4},
    ],
)
def test_a_lane_is_held_by_what_is_about_all_its_parts(scope: dict[str, Any]) -> None:
    assert suspended(**scope).blocks(LANE, 5) is not None


@pytest.mark.parametrize(
    "scope",
    [
        {"stream": Stream.SYSTEM},
        {"provider_id": 5},
        {"site_id": 8},
        {"tenant_id": OTHER},
        {"domain": "news.globex.test"},
        {"campaign_id": 10},
        {"source_id": 6},
        {"provider_id": 4, "tenant_id": OTHER},
        {"host": "mx.acme.test"},
    ],
)
def test_a_lane_is_not_held_by_what_is_about_another(scope: dict[str, Any]) -> None:
    assert suspended(**scope).blocks(LANE, 5) is None


def test_a_source_is_held_and_its_pool_is_not() -> None:
    found = suspended(source_id=5)
    assert found.blocks(LANE) is None
    assert found.blocks(LANE, 6) is None
    assert found.blocks(replace(LANE, source_id=5)) is not None


def test_a_tenants_domain_holds_its_mail_without_a_campaign_and_nobody_elses() -> None:
    mixed = replace(LANE, campaign_id=None, sending_domain="")
    found = suspended(domain="news.acme.test", tenant_id=TENANT)
    assert found.blocks(mixed) is not None
    assert found.blocks(replace(mixed, tenant_id=OTHER)) is None


def test_one_server_is_held_and_the_site_is_not() -> None:
    found = suspended(host="mx1.acme.test")
    assert found.blocks(LANE) is None
    asked = {"provider_id": 4, "site_id": 7, "source_id": 5}
    assert found.blocks_host(host="mx1.acme.test", **asked) is not None
    assert found.blocks_host(host="mx2.acme.test", **asked) is None


@pytest.mark.django_db
def test_a_suspension_holds_until_it_is_lifted() -> None:
    made = policy.suspend(scope=Scope(), reason="too many complaints", set_by="ops@relay.test")
    assert [row.pk for row in active_policies()] == [made.pk]
    assert policy.lift(policy_id=made.pk, by="ops@relay.test")
    assert not active_policies()
    assert not policy.lift(policy_id=made.pk, by="ops@relay.test")
    made.refresh_from_db()
    assert (made.ended_by, made.ended_at is not None) == ("ops@relay.test", True)


@pytest.mark.django_db
def test_a_suspension_ends_by_itself() -> None:
    past = timezone.now() - timedelta(seconds=1)
    policy.suspend(scope=Scope(provider_id=4), reason="outage", set_by="engine", until=past)
    assert not active_policies()


@pytest.mark.django_db
def test_a_suspension_needs_a_reason_and_a_limit_a_number() -> None:
    with pytest.raises(BadPolicy, match="needs a reason"):
        policy.suspend(scope=Scope(), reason=" ", set_by="ops@relay.test")
    with pytest.raises(BadPolicy, match="needs a number"):
        policy.impose(
            scope=Scope(), action=PolicyAction.CONNECTIONS, reason="busy", set_by="ops@relay.test", value=0
        )


async def _raise(times: int, **changes: Any) -> tuple[list[int], Policies]:
    url = django_settings.DATABASE_DISPATCH_URL
    async with await psycopg.AsyncConnection.connect(url) as connection:
        numbers = [
            await raise_policy(
                connection,
                scope=Scope(provider_id=4, source_id=5),
                action=PolicyAction.RATE_PER_MINUTE,
                value=10 - n,
                lasts=timedelta(hours=1),
                reason="a rule",
                rule="gmail_unusual_rate",
                evidence="421 4.7.28 unusual rate",
                set_by="rule",
                **changes,
            )
            for n in range(times)
        ]
        found = await Policies.load(connection)
        await connection.rollback()
    return numbers, found


@pytest.mark.django_db
def test_a_rule_that_fires_again_prolongs_its_policy_and_keeps_the_tighter_value() -> None:
    numbers, found = asyncio.run(_raise(3))
    assert len(set(numbers)) == 1
    (limit,) = found
    assert (limit.value, limit.rule) == (8, "gmail_unusual_rate")
    assert limit.covers(LANE, 5)
    assert not limit.covers(LANE, 6)


@pytest.mark.django_db
def test_no_policy_without_its_number_reaches_the_table() -> None:
    with pytest.raises(Exception, match="policystate_has_value"):
        PolicyState.objects.create(action=PolicyAction.CONNECTIONS, reason="x", set_by="x")
