"""The event feed: what is noted, in which order it is told, and that no late commit is missed."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.audit import SYSTEM
from accounts.models import SendingDomain
from accounts.models.tenant import new_id
from accounts.services.api_keys import issue_key
from accounts.services.tenants import create_tenant
from accounts.tenancy import tenant_scope
from delivery.models import Attempt
from relay_saas.mail.ids import parse_id
from tracking.services.facts import note_fact
from tracking.services.record import RECORD_SQL, Engaged, record_parameters

Call = Callable[..., dict[str, Any]]
BODY = {"from": "a@news.acme.test", "to": ["taro@gmail.test"], "subject": "x", "text": "y", "tags": ["order"]}


@pytest.fixture
def call(db: None, settings: Settings) -> Any:
    """Calls the API of an organization that may send."""
    settings.RELAY_EGRESS = ["shared:127.30.0.1:mx1.relay.test"]
    tenant = create_tenant(slug="acme", name="Acme", actor=SYSTEM)
    with tenant_scope(tenant.pk):
        SendingDomain.objects.create(
            tenant_id=tenant.pk, name="news.acme.test", label="abc", state=SendingDomain.State.VERIFIED
        )
    scopes = ["messages.send", "messages.read", "events.read"]
    secret = issue_key(tenant_id=tenant.pk, name="shop", scopes=scopes, actor=SYSTEM)[1]
    client = Client(headers={"Authorization": f"Bearer {secret}"})

    def call(method: str, url: str, body: dict[str, Any] | None = None, status: int = 200) -> dict[str, Any]:
        data = {"data": json.dumps(body), "content_type": "application/json"} if body else {}
        response = getattr(client, method)(f"/api/v1{url}", **data)
        assert response.status_code == status, response.content
        answer: dict[str, Any] = response.json()
        return answer

    call.tenant = tenant  # type: ignore[attr-defined]
    return call


def _send(call: Any, **more: Any) -> str:
    message: str = call("post", "/emails", BODY | more, status=202)["messages"][0]["id"]
    return message


def _attempt(call: Any, message: str, state: int, number: int = 1, **more: Any) -> None:
    with tenant_scope(call.tenant.pk):
        Attempt.objects.create(
            tenant_id=call.tenant.pk,
            message_id=parse_id("msg", message),
            number=number,
            state=state,
            at=timezone.now(),
            **more,
        )


def _react(call: Any, message: str, kind: str, **more: Any) -> None:
    engaged = Engaged(
        message_id=parse_id("msg", message), kind=kind, at=timezone.now() + timedelta(seconds=5), **more
    )
    with tenant_scope(call.tenant.pk), connection.cursor() as cursor:
        cursor.execute(RECORD_SQL, record_parameters(call.tenant.pk, [engaged]))


def _types(answer: dict[str, Any]) -> list[str]:
    return [event["type"] for event in answer["data"]]


def test_a_message_tells_its_way_in_the_order_in_which_it_happened(call: Any) -> None:
    message = _send(call)
    _attempt(call, message, 2, code=451)
    _attempt(call, message, 1, 2, code=250, host="mx.gmail.test")
    _react(call, message, "clicked", link_index=0, user_agent="Firefox")
    told = call("get", "/events")["data"]
    assert [event["type"] for event in told] == ["domain.added", "queued", "deferred", "delivered", "clicked"]
    assert [event["sequence"] for event in told] == [1, 2, 3, 4, 5]
    assert len({event["id"] for event in told}) == 5
    assert told[3]["data"]["to"] == "taro@gmail.test"
    assert (told[3]["data"]["code"], told[3]["data"]["tags"]) == (250, ["order"])
    assert told[4]["data"]["user_agent"] == "Firefox"


def test_a_cursor_goes_on_where_it_stopped_and_waits_at_the_end(call: Any) -> None:
    for _ in range(3):
        _send(call)
    first = call("get", "/events?limit=2")
    assert (len(first["data"]), first["has_more"]) == (2, True)
    rest = call("get", f"/events?after={first['next']}")
    assert [event["sequence"] for event in rest["data"]] == [3, 4]
    assert rest["has_more"] is False
    assert call("get", f"/events?after={rest['next']}")["data"] == []
    _send(call)
    assert _types(call("get", f"/events?after={rest['next']}")) == ["queued"]


def test_latest_begins_with_what_comes_next_and_since_with_an_instant(call: Any) -> None:
    _send(call)
    place = call("get", "/events?after=latest")
    assert place["data"] == []
    _send(call)
    assert _types(call("get", f"/events?after={place['next']}")) == ["queued"]
    later = (timezone.now() + timedelta(minutes=1)).isoformat()
    assert call("get", f"/events?since={quote(later)}")["data"] == []
    earlier = (timezone.now() - timedelta(minutes=1)).isoformat()
    assert len(call("get", f"/events?since={quote(earlier)}")["data"]) == 3


def test_filters_choose_by_type_tag_stream_message_and_address(call: Any) -> None:
    first, second = _send(call), _send(call, tags=["other"], to=["jiro@gmail.test"])
    _attempt(call, first, 3, category="recipient_unknown")
    _attempt(call, second, 1)
    assert _types(call("get", "/events?type=bounced,delivered")) == ["bounced", "delivered"]
    assert _types(call("get", "/events?type=domain.added")) == ["domain.added"]
    assert _types(call("get", "/events?type=queued,delivered&tag=other")) == ["queued", "delivered"]
    assert _types(call("get", "/events?type=queued&stream=marketing")) == []
    assert _types(call("get", f"/events?message={first}")) == ["queued", "bounced"]
    assert _types(call("get", "/events?to=jiro@gmail.test")) == ["queued", "delivered"]


@pytest.mark.parametrize(
    "query",
    ["type=nothing", "type=queued,", "stream=x", "since=yesterday", "message=msg_1", "to=%00", "to=nobody",
     "limit=0", "unknown=1", "tag=%00", "tag=a,,b"],
)  # fmt: skip
def test_a_question_that_is_not_as_it_is_described_is_refused(call: Any, query: str) -> None:
    assert call("get", f"/events?{query}", status=400)["code"] == "bad_parameter"


@pytest.mark.parametrize(
    ("query", "code"),
    [("after=abc", "bad_cursor"), ("to=a@b", "bad_parameter"), ("tag=a,%20", "bad_parameter")],
)
def test_a_question_that_means_nothing_is_refused(call: Any, query: str, code: str) -> None:
    assert call("get", f"/events?{query}", status=422)["code"] == code


def test_what_accounts_announces_of_a_domain_is_an_event(call: Any) -> None:
    fact = {"domain_id": 1, "name": "news.acme.test", "records": ["x"]}
    note_fact(tenant_id=call.tenant.pk, event_id=new_id(), event_type="domain.drifting", data=fact)
    (told,) = call("get", "/events?type=domain.drifting")["data"]
    assert told["data"]["name"] == "news.acme.test"
    assert told["data"]["domain"].startswith("dom_")


def test_a_reaction_of_a_machine_says_so(call: Any) -> None:
    message = _send(call)
    _react(call, message, "opened", machine=True, reason="scanner")
    told = call("get", "/events?type=opened")["data"][0]["data"]
    assert (told["machine"], told["reason"]) == (True, "scanner")


def test_the_feed_and_the_ledger_name_an_attempt_alike(call: Any) -> None:
    from delivery.selectors.event_records import event_id

    message = _send(call)
    _attempt(call, message, 1)
    assert call("get", "/events?type=delivered")["data"][0]["id"] == event_id(parse_id("msg", message), 1)
