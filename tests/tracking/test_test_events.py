"""Events of test keys' mail: in a feed of their own, at their time, and in no other."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.audit import SYSTEM
from accounts.models import Tenant
from accounts.services.api_keys import issue_key
from accounts.services.key_limits import KeyLimits
from accounts.tenancy import tenant_scope
from delivery.models import Attempt, Counter, Rollup, SimulatedMail
from tests.delivery.builders import make_domain
from tracking.models import EventBatch
from tracking.selectors.event_feed import FeedFilter
from tracking.selectors.postmark_document import postmark_document
from tracking.services.event_feed import read_events

Call = Callable[..., dict[str, Any]]
BODY = {"from": "a@news.acme.test", "subject": "x", "text": "y", "tags": ["order"], "metadata": {"n": "17"}}


def caller(tenant: Tenant, *, test: bool) -> Call:
    scopes = ["messages.send", "messages.read", "events.read"]
    secret = issue_key(
        tenant_id=tenant.pk, name=f"key {test}", scopes=scopes, actor=SYSTEM, limits=KeyLimits(test=test)
    )[1]
    client = Client(headers={"Authorization": f"Bearer {secret}"})

    def call(method: str, url: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        data: dict[str, Any] = {"content_type": "application/json"} if method != "get" else {}
        data |= {"data": json.dumps(body)} if body else {}
        response = getattr(client, method)(f"/api/v1{url}", **data)
        assert response.status_code < 300, response.content
        answer: dict[str, Any] = response.json()
        return answer

    return call


@pytest.fixture
def live(tenant: Tenant, settings: Settings) -> Call:
    settings.RELAY_EGRESS = ["shared:127.30.0.1:mx1.relay.test"]
    make_domain(tenant.pk)
    return caller(tenant, test=False)


@pytest.fixture
def trial(tenant: Tenant, live: Call) -> Call:
    return caller(tenant, test=True)


def send(call: Call, settings: Settings, who: str = "ok", **more: Any) -> str:
    to = [f"{who}@{settings.RELAY_TEST_DOMAIN}"]
    return str(call("post", "/emails", BODY | {"to": to} | more)["id"])


def time_passes(tenant: Tenant, seconds: float = 60) -> None:
    """What lies ahead comes nearer."""
    now = timezone.now()
    for mail in SimulatedMail.objects.filter(tenant_id=tenant.pk):
        ahead = [(one, datetime.fromisoformat(one["at"])) for one in mail.story]
        mail.story = [
            one | {"at": (at - timedelta(seconds=seconds)).isoformat()} for one, at in ahead if at > now
        ]
        mail.save(update_fields=["story"])


def types(call: Call, query: str = "") -> list[str]:
    return [one["type"] for one in call("get", f"/events?limit=100{query}")["data"]]


def test_a_test_key_follows_what_becomes_of_its_mail_and_a_live_key_hears_nothing(
    tenant: Tenant, live: Call, trial: Call, settings: Settings
) -> None:
    began = len(types(live))
    email = send(trial, settings, "bounce")
    assert types(trial) == ["queued"]
    time_passes(tenant)
    queued, bounced = trial("get", "/events")["data"]
    assert (queued["type"], bounced["type"]) == ("queued", "bounced")
    assert queued["test"] is bounced["test"] is True
    assert queued["sequence"] < bounced["sequence"]
    assert bounced["id"].startswith("evt_")
    data = bounced["data"]
    assert (data["email"], data["tags"], data["metadata"]) == (email, ["order"], {"n": "17"})
    assert (data["code"], data["category"], data["state"]) == (550, "recipient_unknown", "bounced")
    assert data["reject_reason"] == "bounced"
    assert len(types(live)) == began


def test_live_events_are_not_marked_and_no_test_key_sees_them(live: Call, trial: Call) -> None:
    live("post", "/emails", BODY | {"to": ["taro@gmail.test"]})
    told = live("get", "/events?type=queued")["data"]
    assert [one["type"] for one in told] == ["queued"]
    assert "test" not in told[0]
    assert types(trial) == []


def test_events_come_at_their_time_and_a_reader_misses_none(
    tenant: Tenant, trial: Call, settings: Settings
) -> None:
    send(trial, settings, "click")
    first = trial("get", "/events")
    assert [one["type"] for one in first["data"]] == ["queued"]
    time_passes(tenant, 2.5)
    second = trial("get", f"/events?after={first['next']}")
    assert [one["type"] for one in second["data"]] == ["delivered", "opened"]
    time_passes(tenant)
    third = trial("get", f"/events?after={second['next']}")
    assert [(one["type"], one["data"]["machine"]) for one in third["data"]] == [("clicked", False)]


def test_filters_choose_among_test_events_as_among_others(
    tenant: Tenant, trial: Call, settings: Settings
) -> None:
    slow = send(trial, settings, "slow", tags=["a"])
    send(trial, settings, "complain", tags=["b"], stream="transactional")
    time_passes(tenant)
    assert types(trial, "&type=deferred,complained") == ["deferred", "complained"]
    assert types(trial, "&tag=a") == ["queued", "deferred", "delivered"]
    assert types(trial, f"&email={slow}") == ["queued", "deferred", "delivered"]
    assert types(trial, f"&to=slow@{settings.RELAY_TEST_DOMAIN}&type=queued") == ["queued"]
    assert types(trial, "&stream=marketing") == []
    assert types(trial, "&type=campaign.sent") == []


def test_what_is_cancelled_or_put_off_is_told_so(tenant: Tenant, trial: Call, settings: Settings) -> None:
    later = (timezone.now() + timedelta(hours=1)).isoformat()
    email = send(trial, settings, scheduled_at=later)
    trial("patch", f"/emails/{email}", {"scheduled_at": (timezone.now() + timedelta(hours=2)).isoformat()})
    time_passes(tenant)
    assert types(trial) == ["queued"]
    trial("post", f"/emails/{email}/cancel")
    assert types(trial) == ["queued", "rejected"]
    with tenant_scope(tenant.pk):
        assert EventBatch.objects.filter(source=EventBatch.Source.TESTS).count() == 2


def test_no_sum_knows_of_it(tenant: Tenant, trial: Call, settings: Settings) -> None:
    send(trial, settings, "complain")
    time_passes(tenant)
    types(trial)
    with tenant_scope(tenant.pk):
        assert SimulatedMail.objects.count() == 1
        for model in (Attempt, Counter, Rollup):
            assert not model.objects.exists()


def test_it_has_postmarks_shape_as_well(tenant: Tenant, trial: Call, settings: Settings) -> None:
    send(trial, settings, "full")
    send(trial, settings, "unsubscribe")
    time_passes(tenant)
    page = read_events(tenant_id=tenant.pk, after=0, limit=50, chosen=FeedFilter(test=True))
    told = [postmark_document(row) for row in page.rows]
    assert [one["RecordType"] for one in told if one] == ["Bounce", "Delivery", "SubscriptionChange"]
