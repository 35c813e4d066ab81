"""The courier with real receivers: signed, retried, kept, replayed; the dead delay nobody."""

import asyncio
import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from ipaddress import ip_network
from typing import Any
from uuid import UUID

import pytest
from django.conf import settings as configured
from django.db import connection
from django.utils import timezone
from pytest_django.fixtures import Settings
from standardwebhooks.webhooks import Webhook

from accounts.audit import SYSTEM
from accounts.tenancy import tenant_scope
from delivery.services.simulation import simulate_many
from delivery.services.submission_spec import Mailbox, SubmissionSpec
from relay_saas.net.http_client import Limits
from relay_saas.net.target import Guard
from tests.integration.hook_server import HookServer
from tests.integration.organizations import Organization, make_organization
from tracking.courier.config import CourierConfig
from tracking.courier.run import Run
from tracking.models import WebhookAttempt, WebhookCall, WebhookEndpoint
from tracking.services import webhook_calls, webhooks
from tracking.services.record import RECORD_SQL, Engaged, record_parameters
from tracking.services.webhooks import WebhookDraft

pytestmark = pytest.mark.usefixtures("committed")

PORTS = (range(1, 65536),)
NETWORKS = (ip_network("127.0.0.0/8"),)


@pytest.fixture(autouse=True)
def allowed(settings: Settings) -> None:
    """The receivers of these tests are on this machine; what is left of one does not disturb the next."""
    settings.RELAY_WEBHOOK_NETWORKS, settings.RELAY_WEBHOOK_PORTS = NETWORKS, PORTS


@pytest.fixture
def shop() -> Iterator[Organization]:
    """An organization whose endpoints are off afterwards."""
    made = make_organization()
    yield made
    with tenant_scope(made.tenant.pk):
        WebhookEndpoint.objects.update(state="paused")
        WebhookCall.objects.filter(state="waiting").update(state="failed")


def config(**more: Any) -> CourierConfig:
    limits = Limits(headers_seconds=1, body_seconds=0.5)
    guard = Guard(networks=NETWORKS, ports=PORTS)
    base: dict[str, Any] = {"idle_seconds": 0.3, "look_seconds": 0.05, "limits": limits, "guard": guard}
    return CourierConfig(database_url=configured.DATABASE_DISPATCH_URL, **base | more)


def add(shop: Organization, url: str, **more: Any) -> tuple[int, str]:
    draft = WebhookDraft(url=url, **more)
    endpoint, secret = webhooks.create_webhook(tenant_id=shop.tenant.pk, draft=draft, actor=SYSTEM)
    return endpoint.pk, secret


def react(shop: Organization, kind: str = "opened", times: int = 1) -> None:
    now = timezone.now()
    batch = [Engaged(message_id=shop.message_id, kind=kind, at=now) for _ in range(times)]
    with tenant_scope(shop.tenant.pk), connection.cursor() as cursor:
        cursor.execute(RECORD_SQL, record_parameters(shop.tenant.pk, batch))


async def go(**more: Any) -> None:
    await Run(config(**more), lambda: False).execute()


def calls(tenant_id: UUID, endpoint_id: int) -> list[WebhookCall]:
    with tenant_scope(tenant_id):
        return list(WebhookCall.objects.filter(endpoint_id=endpoint_id).order_by("first", "id"))


def with_receivers(body: Callable[..., Any], *behaviours: dict[str, Any], **more: Any) -> list[HookServer]:
    """Opens receivers, lets `body` set things up (in a thread, as Django asks), runs the courier once."""

    async def run() -> list[HookServer]:
        servers = [HookServer(behave) for behave in behaviours]
        for server in servers:
            await server.__aenter__()
        try:
            await asyncio.to_thread(body, *servers)
            await go(**more)
        finally:
            for server in servers:
                await server.__aexit__(None, None, None)
        return servers

    return asyncio.run(run())


def in_database(work: Callable[..., Any]) -> Callable[..., Any]:
    """Closes the thread's own connection."""

    def closed(*servers: HookServer) -> Any:
        try:
            return work(*servers)
        finally:
            connection.close()

    return closed


def test_an_event_arrives_once_signed_as_the_public_library_checks_it(shop: Organization) -> None:
    made: dict[str, Any] = {}

    @in_database
    def body(server: HookServer) -> None:
        made["id"], made["secret"] = add(shop, server.url, types=["opened"])
        react(shop, "clicked")
        react(shop, "opened")

    (server,) = with_receivers(body, {"status": 200, "body": "thanks"})
    (got,) = server.got
    event = Webhook(made["secret"]).verify(got.body, got.headers)
    assert (event["type"], event["id"]) == ("opened", got.headers["webhook-id"])
    assert event["data"]["to"] == shop.contact.email
    (call,) = calls(shop.tenant.pk, made["id"])
    assert (call.state, call.last_status, call.attempts, call.first) == (
        "delivered",
        200,
        1,
        event["sequence"],
    )
    with tenant_scope(shop.tenant.pk):
        attempt = WebhookAttempt.objects.get(call_id=call.id)
    assert (attempt.response_body, attempt.status, attempt.address) == ("thanks", 200, "127.0.0.1")
    assert "webhook-signature: v1," in attempt.request_headers


def test_both_secrets_sign_while_one_is_rotated(shop: Organization) -> None:
    made: dict[str, Any] = {}

    @in_database
    def body(server: HookServer) -> None:
        made["id"], made["old"] = add(shop, server.url)
        made["new"] = webhooks.rotate_secret(tenant_id=shop.tenant.pk, endpoint_id=made["id"], actor=SYSTEM)[
            1
        ]
        webhook_calls.send_test(tenant_id=shop.tenant.pk, endpoint_id=made["id"], actor=SYSTEM)

    (server,) = with_receivers(body, {})
    (got,) = server.got
    for secret in (made["old"], made["new"]):
        assert Webhook(secret).verify(got.body, got.headers)["type"] == "webhook.test"


def test_a_dead_endpoint_delays_no_other_and_is_soon_left_alone(shop: Organization) -> None:
    made: dict[str, int] = {}

    @in_database
    def body(dead: HookServer, alive: HookServer) -> None:
        made["dead"] = add(shop, dead.url, types=["opened"])[0]
        made["alive"] = add(shop, alive.url, types=["opened"])[0]
        react(shop, times=200)

    dead, alive = with_receivers(body, {"delay_headers": 60}, {}, work_seconds=2.5)
    assert len(alive.got) == 200
    assert len({got.headers["webhook-id"] for got in alive.got}) == 200
    assert len(dead.got) <= 20
    with tenant_scope(shop.tenant.pk):
        row = WebhookEndpoint.objects.get(pk=made["dead"])
    assert row.failures >= 5
    assert row.open_until is not None
    assert (row.last_error, row.state) == ("timeout", "active")


def test_a_refused_call_waits_and_the_next_one_carries_the_same_id(shop: Organization) -> None:
    made: dict[str, int] = {}

    @in_database
    def first(server: HookServer) -> None:
        made["id"] = add(shop, server.url, types=["opened"])[0]
        react(shop)

    (refusing,) = with_receivers(first, {"status": 500, "body": "<script>alert(1)</script>"})
    (call,) = calls(shop.tenant.pk, made["id"])
    assert (call.state, call.last_status, call.attempts) == ("waiting", 500, 1)
    assert timedelta(seconds=2) < call.next_attempt_at - timezone.now() < timedelta(seconds=7)

    @in_database
    def second(server: HookServer) -> None:
        with tenant_scope(shop.tenant.pk):
            WebhookEndpoint.objects.filter(pk=made["id"]).update(url=server.url)
            WebhookCall.objects.filter(endpoint_id=made["id"]).update(next_attempt_at=timezone.now())

    (taking,) = with_receivers(second, {"status": 204})
    assert [got.headers["webhook-id"] for got in taking.got] == [refusing.got[0].headers["webhook-id"]]
    assert taking.got[0].body == refusing.got[0].body
    assert calls(shop.tenant.pk, made["id"])[0].state == "delivered"


def test_a_batch_carries_many_events_in_their_order(shop: Organization) -> None:
    @in_database
    def body(server: HookServer) -> None:
        add(shop, server.url, types=["opened"], batch=50)
        react(shop, times=120)

    (server,) = with_receivers(body, {})
    batches = [json.loads(got.body)["data"]["events"] for got in server.got]
    assert sorted(map(len, batches)) == [20, 50, 50]
    numbers = [
        event["sequence"] for events in sorted(batches, key=lambda b: b[0]["sequence"]) for event in events
    ]
    assert numbers == sorted(set(numbers))
    assert len(numbers) == 120


def test_a_stretch_of_time_is_told_once_more_with_the_same_ids(shop: Organization) -> None:
    made: dict[str, int] = {}
    begin = timezone.now()

    @in_database
    def body(server: HookServer) -> None:
        made["id"] = add(shop, server.url, types=["opened"])[0]
        react(shop, times=3)

    (server,) = with_receivers(body, {})

    @in_database
    def again(other: HookServer) -> None:
        with tenant_scope(shop.tenant.pk):
            WebhookEndpoint.objects.filter(pk=made["id"]).update(url=other.url)
        names = {"tenant_id": shop.tenant.pk, "endpoint_id": made["id"], "actor": SYSTEM}
        webhook_calls.replay(since=begin, until=timezone.now(), **names)

    (second,) = with_receivers(again, {})
    ids = [{got.headers["webhook-id"] for got in one.got} for one in (server, second)]
    assert ids[0] == ids[1]
    assert len(ids[0]) == 3


def test_410_disables_and_days_of_failure_do(shop: Organization) -> None:
    made: dict[str, int] = {}

    @in_database
    def body(gone: HookServer, failing: HookServer) -> None:
        made["gone"] = add(shop, gone.url, types=["opened"])[0]
        made["failing"] = add(shop, failing.url, types=["opened"])[0]
        with tenant_scope(shop.tenant.pk):
            since = timezone.now() - timedelta(days=5, minutes=1)
            WebhookEndpoint.objects.filter(pk=made["failing"]).update(failing_since=since, failures=20)
        react(shop)

    with_receivers(body, {"status": 410}, {"status": 500})
    with tenant_scope(shop.tenant.pk):
        reasons = dict(WebhookEndpoint.objects.values_list("pk", "reason"))
    assert (reasons[made["gone"]], reasons[made["failing"]]) == ("gone", "failing")


def test_a_test_is_made_while_the_endpoint_is_off_and_nothing_else(shop: Organization) -> None:
    @in_database
    def body(server: HookServer) -> None:
        number = add(shop, server.url)[0]
        names = {"tenant_id": shop.tenant.pk, "endpoint_id": number, "actor": SYSTEM}
        webhooks.pause_webhook(**names)
        react(shop)
        webhook_calls.send_test(event_type="bounced", **names)

    (server,) = with_receivers(body, {})
    (got,) = server.got
    event = json.loads(got.body)
    assert (event["type"], event["data"]["test"]) == ("bounced", True)


def test_a_second_run_finds_the_only_slot_taken() -> None:
    async def run() -> bool:
        first = asyncio.create_task(Run(config(idle_seconds=1), lambda: False).execute())
        await asyncio.sleep(0.3)
        second = await Run(config(), lambda: False).execute()
        await first
        return second

    assert asyncio.run(run()) is False


def test_a_webhook_of_the_mode_test_is_told_of_test_mail_alone(shop: Organization) -> None:
    spec = SubmissionSpec(
        from_=Mailbox(address=f"shop@{shop.domain.name}"), to=(Mailbox(address="taro@gmail.test"),),
        subject="x", text="x",
    )  # fmt: skip

    @in_database
    def arrange(live: HookServer, trial: HookServer) -> None:
        add(shop, live.url)
        add(shop, trial.url, mode="test")
        react(shop)
        simulate_many(tenant_id=shop.tenant.pk, key_id=1, specs=[spec])

    live, trial = with_receivers(arrange, {}, {}, idle_seconds=2.5)
    told = [[json.loads(one.body) for one in server.got] for server in (live, trial)]
    assert [one["type"] for one in told[0]] == ["opened"]
    assert [(one["type"], one["test"]) for one in told[1]] == [("queued", True), ("delivered", True)]
    assert "test" not in told[0][0]
