"""Submissions for real: 202 means committed, and parallel ones neither block nor double each other."""

import json
import random
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from django.conf import settings
from django.db import connection
from django.test import Client

from accounts.audit import SYSTEM
from accounts.models import Tenant
from accounts.services.api_keys import issue_key
from accounts.tenancy import tenant_scope
from delivery.models import Lane, Message, QueueEntry, Submission
from relay_saas.mail.ids import parse_id
from tests.integration.organizations import Organization, make_organization

pytestmark = pytest.mark.usefixtures("committed")
THREADS, ROUNDS = 4, 15


def post(shop: Organization, secret: str, to: list[str]) -> str:
    body = {"from": f"shop@{shop.domain.name}", "to": to, "subject": "x", "text": "x"}
    try:
        response = Client().post(
            "/api/v1/emails",
            json.dumps(body),
            content_type="application/json",
            headers={"Authorization": f"Bearer {secret}"},
        )
    finally:
        connection.close()
    assert response.status_code == 202, response.content
    return str(response.json()["id"])


def key_of(tenant: Tenant) -> str:
    return issue_key(tenant_id=tenant.pk, name="shop", scopes=["messages.send"], actor=SYSTEM)[1]


def test_what_was_answered_with_202_is_seen_by_the_queue_runs() -> None:
    shop = make_organization()
    accepted = parse_id("em", post(shop, key_of(shop.tenant), ["a@one.test"]))
    with psycopg.connect(settings.DATABASE_DISPATCH_URL) as dispatch:
        found = dispatch.execute(
            "select m.rcpt from delivery_message m join delivery_queueentry q on q.message_id = m.id "
            "where m.submission_id = %s",
            [accepted],
        )
        assert found.fetchall() == [("a@one.test",)]


def test_parallel_submissions_of_two_tenants_all_arrive_in_one_lane_each() -> None:
    shops = [make_organization(), make_organization()]
    secrets = [key_of(shop.tenant) for shop in shops]
    domains = [f"d{number}.{shops[0].tenant.slug}.test" for number in range(8)]

    def work(number: int) -> None:
        chance = random.Random(number)
        for _ in range(ROUNDS):
            to = [f"p@{domain}" for domain in chance.sample(domains, 5)]
            post(shops[number % 2], secrets[number % 2], to)

    with ThreadPoolExecutor(THREADS) as threads:
        list(threads.map(work, range(THREADS)))
    for shop in shops:
        with tenant_scope(shop.tenant.pk):
            assert Submission.objects.count() == THREADS // 2 * ROUNDS
            assert Message.objects.exclude(submission_id=None).count() == THREADS // 2 * ROUNDS * 5
            assert QueueEntry.objects.count() == THREADS // 2 * ROUNDS * 5
            assert Lane.objects.count() == 1
