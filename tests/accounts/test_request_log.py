"""The log of API requests: one row for each request with a known key, bounded, and without what was sent."""

import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import DatabaseError
from django.test import Client
from django.utils import timezone

from accounts.api import request_log
from accounts.audit import SYSTEM
from accounts.models import ApiRequest, Tenant
from accounts.services.api_keys import issue_key, revoke_key
from accounts.services.request_log import RETENTION, forget_requests, keep_request
from accounts.tenancy import tenant_scope

URL = "/api/v1/emails"


def call(secret: str, body: Any = None, **headers: str) -> Any:
    return Client().post(
        URL,
        json.dumps(body or {"text": "a secret word"}),
        content_type="application/json",
        headers={"Authorization": f"Bearer {secret}"} | headers,
    )


def logged(tenant: Tenant) -> list[ApiRequest]:
    with tenant_scope(tenant.pk):
        return list(ApiRequest.objects.order_by("id"))


def test_a_request_is_kept_with_its_answer(tenant: Tenant) -> None:
    key, secret = issue_key(tenant_id=tenant.pk, name="shop", scopes=["messages.send"], actor=SYSTEM)
    answer = call(secret, **{"X-Request-ID": "order-17-try-1"})
    (row,) = logged(tenant)
    assert (row.key_id, row.method, row.path, row.status, row.code, row.request_id) == (
        key.pk,
        "POST",
        URL,
        answer.status_code,
        answer.json()["code"],
        "order-17-try-1",
    )
    assert row.milliseconds >= 0
    assert "a secret word" not in str(vars(row))
    assert secret not in str(vars(row))


def test_an_ended_key_is_found_in_the_log_and_told_nothing(tenant: Tenant) -> None:
    key, secret = issue_key(tenant_id=tenant.pk, name="shop", scopes=["messages.send"], actor=SYSTEM)
    revoke_key(tenant_id=tenant.pk, key_id=key.pk, actor=SYSTEM)
    ended, never = call(secret), call("rly_live_00000000_" + "x" * 43)
    assert {**ended.json(), "request_id": ""} == {**never.json(), "request_id": ""}
    assert [(row.key_id, row.status, row.code) for row in logged(tenant)] == [(key.pk, 401, "bad_api_key")]


def test_a_success_has_no_code(tenant: Tenant) -> None:
    keep(tenant, status=202)
    assert [(row.status, row.code) for row in logged(tenant)] == [(202, "")]


def test_what_is_long_is_cut_and_forged_lines_stay_one_value(tenant: Tenant) -> None:
    """acc-033: nothing of a request makes a second line."""
    _key, secret = issue_key(tenant_id=tenant.pk, name="shop", scopes=["messages.send"], actor=SYSTEM)
    Client().get(
        f"/api/v1/emails/{'x' * 2000}",
        headers={
            "Authorization": f"Bearer {secret}",
            "X-Request-ID": "x\r\nlevel=ERROR forged",
            "User-Agent": "x\r\nlevel=ERROR forged",
        },
    )
    (row,) = logged(tenant)
    assert len(row.path) == 300
    assert "forged" not in f"{row.request_id}{row.path}"


def test_a_log_that_fails_takes_no_answer_away(tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    _key, secret = issue_key(tenant_id=tenant.pk, name="shop", scopes=["messages.send"], actor=SYSTEM)

    def broken(**_: Any) -> None:
        raise DatabaseError

    expected = call(secret).status_code
    monkeypatch.setattr(request_log, "keep_request", broken)
    assert call(secret).status_code == expected


def test_no_other_organization_sees_it(tenant: Tenant, other_tenant: Tenant) -> None:
    keep(tenant)
    assert logged(other_tenant) == []


def test_old_rows_are_forgotten_and_young_ones_kept(tenant: Tenant, other_tenant: Tenant) -> None:
    for whose in (tenant, other_tenant):
        keep(whose, age=RETENTION + timedelta(minutes=1))
        keep(whose, age=RETENTION - timedelta(minutes=1))
    assert forget_requests() == 2
    assert (len(logged(tenant)), len(logged(other_tenant))) == (1, 1)
    assert forget_requests() == 0


def keep(tenant: Tenant, *, age: timedelta = timedelta(), status: int = 422) -> None:
    keep_request(
        tenant_id=tenant.pk, key_id=1, at=timezone.now() - age, method="POST", path=URL, status=status,
        code="" if status < 400 else "invalid", milliseconds=7, request_id=uuid4().hex,
    )  # fmt: skip
