"""Requests that are sent again, with real commits: fifty at once, one that runs, one that died."""

import json
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from accounts.audit import SYSTEM
from accounts.exceptions import IdempotentRequestRunning
from accounts.services.api_keys import issue_key
from accounts.services.idempotency import claim
from accounts.tenancy import tenant_scope
from delivery.models import Message, Submission
from tests.integration.organizations import make_organization

pytestmark = pytest.mark.usefixtures("committed")
AT_ONCE = 50
SHORT = timedelta(milliseconds=100)


class Died(Exception):
    """A process that ended in the middle of its transaction."""


def beside(work: Callable[[], None]) -> threading.Thread:
    def run() -> None:
        try:
            work()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def test_fifty_at_once_are_one_message_and_one_answer() -> None:
    shop = make_organization()
    secret = issue_key(tenant_id=shop.tenant.pk, name="x", scopes=["messages.send"], actor=SYSTEM)[1]
    body = {"from": f"shop@{shop.domain.name}", "to": ["a@one.test"], "subject": "x", "text": "x"}
    headers = {"Authorization": f"Bearer {secret}", "Idempotency-Key": "order-17"}
    start, answers = threading.Barrier(AT_ONCE), []

    def one() -> None:
        start.wait()
        answer: Any = Client().post(
            "/api/v1/emails", json.dumps(body), content_type="application/json", headers=headers
        )
        answers.append((answer.status_code, answer.content))

    for thread in [beside(one) for _ in range(AT_ONCE)]:
        thread.join()
    assert len(answers) == AT_ONCE
    assert len(set(answers)) == 1
    assert answers[0][0] == 202
    with tenant_scope(shop.tenant.pk):
        submission = Submission.objects.get()
        assert Message.objects.filter(submission_id=submission.pk).count() == 1


def test_while_the_first_runs_the_second_is_told_so_and_after_its_death_it_is_the_first() -> None:
    tenant_id = make_organization().tenant.pk
    held, end = threading.Event(), threading.Event()

    def first() -> None:
        with suppress(Died), tenant_scope(tenant_id):
            claim(tenant_id=tenant_id, key_id=1, name="a", print_=b"x")
            held.set()
            end.wait()
            raise Died

    thread = beside(first)
    held.wait()
    with pytest.raises(IdempotentRequestRunning) as told, tenant_scope(tenant_id):
        claim(tenant_id=tenant_id, key_id=1, name="a", print_=b"x", patience=SHORT)
    assert (told.value.status, told.value.headers) == (409, {"Retry-After": "1"})
    end.set()
    thread.join()
    with tenant_scope(tenant_id):
        assert claim(tenant_id=tenant_id, key_id=1, name="a", print_=b"x", patience=SHORT) is None
