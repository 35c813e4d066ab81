"""`Idempotency-Key` and test keys on the API: one request, one effect, one answer."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.audit import SYSTEM
from accounts.models import ApiKey, IdempotencyKey, SendingDomain, Tenant
from accounts.services import idempotency
from accounts.services.api_keys import issue_key, rotate_key
from accounts.services.idempotency import Answer, canonical, claim, fingerprint, forget_answers, keep
from accounts.services.key_limits import KeyLimits
from accounts.services.tenants import create_tenant
from accounts.tenancy import tenant_scope
from delivery.models import Message
from tests.delivery.builders import make_domain
from tests.delivery.test_api import BODY, bearer, key_of, problem, send


@pytest.fixture
def secret(tenant: Tenant, domain: SendingDomain) -> str:
    """A key of Acme."""
    return key_of(tenant)


def named(secret: str, name: str = "order-17", **changes: Any) -> Any:
    return send(secret, json.dumps(BODY | changes), **{"Idempotency-Key": name})


def messages(tenant: Tenant) -> int:
    with tenant_scope(tenant.pk):
        return Message.objects.count()


def test_the_second_request_gets_the_first_ones_answer(secret: str, tenant: Tenant) -> None:
    first, second = named(secret), named(secret)
    assert (first.status_code, first.content) == (second.status_code, second.content) == (202, first.content)
    assert first["Content-Type"] == second["Content-Type"]
    assert second["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first
    assert messages(tenant) == 1


def test_a_key_that_replaced_another_finds_what_that_one_did(secret: str, tenant: Tenant) -> None:
    first = named(secret)
    for _ in range(2):
        with tenant_scope(tenant.pk):
            newest = ApiKey.objects.latest("pk")
        secret = rotate_key(tenant_id=tenant.pk, key_id=newest.pk, actor=SYSTEM)[1]
        again = named(secret)
        assert (again.content, again["Idempotency-Replayed"]) == (first.content, "true")
    assert problem(named(secret, subject="Another"))[:2] == (422, "idempotency_key_reused")
    assert messages(tenant) == 1
    assert named(key_of(tenant)).status_code == 202
    assert messages(tenant) == 2


def test_blanks_and_order_make_no_other_request(secret: str, tenant: Tenant) -> None:
    spelt = json.dumps(dict(reversed(BODY.items())), indent=3)
    assert named(secret).content == send(secret, spelt, **{"Idempotency-Key": "order-17"}).content
    assert messages(tenant) == 1


def test_another_body_under_the_same_name_is_refused(secret: str, tenant: Tenant) -> None:
    assert named(secret).status_code == 202
    assert problem(named(secret, subject="Another"))[:2] == (422, "idempotency_key_reused")
    assert messages(tenant) == 1


@pytest.mark.parametrize("name", ["", "x" * 256, "ü", "a\tb"])
def test_a_name_that_is_none_is_refused(secret: str, tenant: Tenant, name: str) -> None:
    assert problem(named(secret, name))[:2] == (400, "bad_idempotency_key")
    assert messages(tenant) == 0


def test_a_refusal_leaves_the_name_free(secret: str, tenant: Tenant) -> None:
    assert problem(named(secret, to=["nobody"]))[0] == 422
    assert named(secret).status_code == 202
    assert messages(tenant) == 1


def test_names_belong_to_a_key(secret: str, tenant: Tenant) -> None:
    other = create_tenant(slug="globex", name="Globex", actor=SYSTEM)
    make_domain(other.pk, "news.globex.test")
    mine = named(secret)
    theirs = named(key_of(other), **{"from": "a@news.globex.test"})
    again = named(key_of(tenant))
    assert len({mine.json()["id"], theirs.json()["id"], again.json()["id"]}) == 3
    assert (messages(tenant), messages(other)) == (2, 1)


def test_after_a_day_the_name_is_free_and_the_answer_is_swept(secret: str, tenant: Tenant) -> None:
    first = named(secret).json()["id"]
    old = timezone.now() - idempotency.LIFETIME - timedelta(seconds=1)
    with tenant_scope(tenant.pk):
        IdempotencyKey.objects.update(created_at=old)
    assert named(secret).json()["id"] != first
    assert forget_answers() == 0
    with tenant_scope(tenant.pk):
        IdempotencyKey.objects.update(created_at=old)
    assert forget_answers() == 1


def test_an_answer_is_sealed_where_it_lies(tenant: Tenant) -> None:
    print_ = fingerprint("POST", "/", [canonical({})])
    answer = Answer(
        status=201, content_type="application/json", body=b'"rly_live_secret"', headers=(("ETag", "x"),)
    )
    with tenant_scope(tenant.pk):
        assert claim(tenant_id=tenant.pk, key_id=1, name="a", print_=print_) is None
        keep(tenant_id=tenant.pk, key_id=1, name="a", answer=answer)
        assert b"secret" not in bytes(IdempotencyKey.objects.get().answer or b"")
        assert claim(tenant_id=tenant.pk, key_id=1, name="a", print_=print_) == answer


def test_a_rate_is_told_and_kept(tenant: Tenant, domain: SendingDomain) -> None:
    secret = issue_key(
        tenant_id=tenant.pk, name="slow", scopes=["messages.send"], actor=SYSTEM, limits=KeyLimits(rate=1)
    )[1]
    answers = [send(secret, json.dumps(BODY)) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [202, 202, 429]
    assert answers[0]["RateLimit-Policy"] == '"key";q=2;w=2'
    assert problem(answers[2])[:2] == (429, "rate_limited")
    assert answers[2]["Retry-After"] == "1"
    assert messages(tenant) == 2


def test_a_read_takes_no_name(secret: str) -> None:
    url = f"/api/v1/emails/{named(secret).json()['id']}"
    assert Client().get(url, headers=bearer(secret) | {"Idempotency-Key": "order-17"}).status_code == 200
