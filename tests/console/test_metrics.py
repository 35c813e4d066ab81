"""What Prometheus reads: the door, the format, the figures, and the dashboard that names them."""

import json
import os
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from accounts.audit import SYSTEM
from accounts.models import Tenant, User
from accounts.services.tenants import create_tenant
from accounts.tenancy import tenant_scope
from delivery.models import AttemptState, PolicyAction, QueueEntry, Rollup, Scope
from delivery.services.policy import impose, suspend
from relay_saas.console.ops.exposition import Metric, Sample, exposition
from tests.delivery.builders import make_domain
from tests.delivery.story import accepted, deferred, site_of, tried

DASHBOARD = Path(__file__).resolve().parents[2] / "docs/grafana/relay.json"
NAME = re.compile(r"relay_[a-z_]+")
TOKEN = "a-long-token-for-scrapes"


@pytest.fixture(autouse=True)
def _settings(settings: Any) -> Iterator[None]:
    settings.RELAY_METRICS_TOKEN = TOKEN
    settings.RELAY_EGRESS = ["shared:127.30.0.1:mx1.relay.test"]
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def tenant(db: None) -> Tenant:
    """Acme with a domain."""
    made = create_tenant(slug="acme", name="Acme", actor=SYSTEM)
    make_domain(made.pk)
    return made


def scrape(token: str = TOKEN) -> list[str]:
    response = Client(headers={"Authorization": f"Bearer {token}"}).get("/ops/metrics")
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    return response.content.decode().splitlines()


@pytest.mark.parametrize("header", ["", "Bearer ", "Bearer wrong", f"Basic {TOKEN}", TOKEN, "Bearer é"])
def test_a_scrape_needs_the_token(db: None, header: str) -> None:
    response = Client().get("/ops/metrics", HTTP_AUTHORIZATION=header)
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"].startswith("Bearer")
    assert b"relay_" not in response.content


def test_without_a_token_in_the_settings_only_operators_may_read(db: None, settings: Any) -> None:
    settings.RELAY_METRICS_TOKEN = ""
    assert Client(headers={"Authorization": "Bearer "}).get("/ops/metrics").status_code == 401
    client = Client()
    user = User.objects.create_user("staff@relay.test")
    client.force_login(user)
    assert client.get("/ops/metrics").status_code == 401
    User.objects.filter(pk=user.pk).update(is_staff=True)
    assert client.get("/ops/metrics").status_code == 200


def test_the_queue_is_told_by_provider_stream_and_state(tenant: Tenant) -> None:
    deferred(tenant, accepted(tenant))
    waiting = accepted(tenant, "a@new.test")
    with tenant_scope(tenant.pk):
        past = timezone.now() - timedelta(minutes=3)
        QueueEntry.objects.filter(message_id=waiting).update(next_attempt_at=past)
    lines = scrape()
    at = 'relay_queue_messages{provider="%s",stream="transactional",state="%s"} 1'
    assert at % ("gmail", "waiting") in lines
    assert at % ("not looked up", "due") in lines
    assert "relay_lanes 2" in lines
    [oldest] = [line for line in lines if line.startswith("relay_queue_oldest_due_seconds{")]
    assert 180 <= float(oldest.split()[-1]) < 600


def test_attempts_refusals_policies_and_doubts_are_counted(tenant: Tenant) -> None:
    provider = site_of().provider_id
    deferred(tenant, accepted(tenant))
    tried(tenant, accepted(tenant), AttemptState.IN_DOUBT, stage="dot")
    suspend(scope=Scope(), reason="a fire", set_by="operator@relay.test")
    impose(
        scope=Scope(provider_id=provider), action=PolicyAction.CONNECTIONS, value=1, reason="slow",
        set_by="rule", rule="too_many",
    )  # fmt: skip
    with tenant_scope(tenant.pk):
        Rollup.objects.create(
            tenant_id=tenant.pk, campaign_id=0, minute=timezone.now(), provider_id=provider,
            state=AttemptState.DELIVERED, shard=0, n=12_345_678,
        )  # fmt: skip
    lines = scrape()
    for line in (
        'relay_attempts_total{provider="gmail",state="delivered"} 12345678',
        'relay_refused_attempts{state="deferred",class="rate_limited"} 1',
        'relay_policies_active{action="suspend",by="person"} 1',
        'relay_policies_active{action="connections",by="rule"} 1',
        "relay_in_doubt_messages 1",
        'relay_connection_limit{provider="gmail"} 20',
        'relay_scrape_part_failed{part="queue"} 0',
    ):
        assert line in lines


def test_a_part_that_takes_too_long_is_named_and_the_rest_is_told(tenant: Tenant) -> None:
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"]) as owner:
        owner.execute("lock table delivery_lane in access exclusive mode")
        lines = scrape()
        owner.rollback()
    assert 'relay_scrape_part_failed{part="queue"} 1' in lines
    assert 'relay_scrape_part_failed{part="doubts"} 0' in lines
    assert "relay_in_doubt_messages 0" in lines
    assert not [line for line in lines if line.startswith("relay_queue_messages")]


def test_an_answer_is_kept_for_a_multiple_of_what_it_cost(
    tenant: Tenant, django_assert_num_queries: Any
) -> None:
    scrape()
    accepted(tenant)
    with django_assert_num_queries(0):
        assert "relay_lanes 0" in scrape()


def test_labels_are_quoted_and_numbers_written_whole() -> None:
    metric = Metric(
        name="relay_x", help="a\nb", samples=(Sample(value=0.25, labels={"a": 'q"\\\n'}), Sample(value=2e7))
    )
    assert exposition([metric]) == (
        '# HELP relay_x a\\nb\n# TYPE relay_x gauge\nrelay_x{a="q\\"\\\\\\n"} 0.25\nrelay_x 20000000\n'
    )


def test_every_metric_of_the_dashboard_exists_and_every_metric_is_on_it(tenant: Tenant) -> None:
    told = {line.split()[2] for line in scrape() if line.startswith("# HELP")}
    board = json.loads(DASHBOARD.read_text(encoding="utf-8"))
    named = {
        name
        for panel in board["panels"]
        for target in panel["targets"]
        for name in NAME.findall(target["expr"])
    }
    assert named == told
