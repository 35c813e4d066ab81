"""Every case of webhooks.json against a real receiver, and the addresses of urls.json that are refused."""

import asyncio
import contextlib
import random
from collections.abc import Callable
from datetime import UTC, datetime
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from relay_saas.mail.dns import CacheLimits, Resolver
from relay_saas.net.connector import Connector, verifying_context
from relay_saas.net.exceptions import BadUrl, CallFailed
from relay_saas.net.http_client import Limits
from relay_saas.net.signature import new_secret
from relay_saas.net.target import Guard, parse_target
from tests.cases.loader import load, to_bytes
from tests.integration.certificates import server_context
from tests.integration.dns_server import DnsServer
from tests.integration.hook_server import HookServer
from tracking.courier.endpoint import Call, EndpointRow, Made
from tracking.courier.sender import KEPT_OCTETS, Wire, make
from tracking.services.webhook_secrets import Part, seal_part

TENANT = UUID(int=7)
EVERY_PORT = (range(1, 65536),)
#: As an installation on the Internet has it: no private range, http for the cases' sake.
PUBLIC = Guard(ports=EVERY_PORT, plain=True, own_hosts=frozenset({"relay.example"}))
LOCAL = Guard(networks=(ip_network("127.0.0.0/8"),), ports=EVERY_PORT)
QUICK = Limits(headers_seconds=0.5, body_seconds=0.3)

HOOKS = [case for _, case in load("webhooks")]
URLS = [case for _, case in load("urls") if case["title"].startswith("webhook:")]
TEXTS = [case for _, case in load("urls") if to_bytes(case["input"]) is not None]


def endpoint(url: str) -> EndpointRow:
    sealed = seal_part(new_secret(), tenant_id=TENANT, endpoint_id=1, part=Part.SIGNING)
    return EndpointRow(
        id=1, tenant_id=TENANT, url=url, userinfo_sealed=None, types=[], streams=[], tags=[], mode="live",
        format="standard", batch=1, state="active", secret_sealed=sealed, old_secret_sealed=None,
        old_secret_until=None, position=0, failures=0, open_until=None, last=0, fresh=False, waiting=0,
        due=False, replay_id=None,
    )  # fmt: skip


async def call(url: str, guard: Guard = LOCAL, resolver: Resolver | None = None) -> Made:
    connector = Connector(resolver or Resolver(("127.0.0.1", 9)), guard, verifying_context())
    wire = Wire(
        row=endpoint(url),
        connector=connector,
        guard=guard,
        limits=QUICK,
        connect_seconds=2,
        random=random.Random(1),
    )
    asked = Call(tenant_id=TENANT, id=uuid4(), endpoint_id=1, webhook_id="evt_1", body='{"type":"delivered"}')
    made, kept = await make(wire, asked, None)
    if kept is not None:
        kept.close()
    return made


@pytest.mark.parametrize("case", HOOKS, ids=lambda case: case["id"])
def test_each_receiver_ends_as_the_case_says(case: dict[str, Any], tmp_path: Path) -> None:
    behave = case["input"]["behave"]

    async def run() -> Made:
        if behave.get("dns") == "nxdomain":
            async with DnsServer() as server:
                resolver = Resolver(server.address)
                return await call("https://gone.hook.test/", PUBLIC, resolver)
        tls = server_context(tmp_path) if "tls" in behave else None
        async with HookServer(behave, tls=tls) as receiver:
            return await call(receiver.url)

    made = asyncio.run(run())
    wanted = {"delivered": "delivered", "retry": "waiting", "disable": "waiting"}[case["expect"]]
    assert made.verdict == wanted, made
    assert made.gone == (case["expect"] == "disable")
    assert len(made.response_body) <= KEPT_OCTETS
    if "Retry-After" in behave.get("headers", {}):
        assert made.next_at is not None
        assert (made.next_at - datetime.now(UTC)).total_seconds() > 118
    if "body" in behave:
        assert made.response_body == behave["body"]


@pytest.mark.parametrize("case", URLS, ids=lambda case: case["id"])
def test_no_address_inside_is_ever_called(case: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[Any] = []
    real = asyncio.open_connection

    async def witness(*arguments: Any, **names: Any) -> Any:
        called.append(arguments)
        return await real(*arguments, **names)

    monkeypatch.setattr(asyncio, "open_connection", witness)
    behave = case["input"].get("behave", {})
    url = case["input"].get("text") or behave["url"].replace("{base}", "http://relay.example")
    answers = behave.get("dns", {}).get("hook.test", [])
    first = answers[0] if answers and isinstance(answers[0], list) else answers

    async def run() -> Made:
        async with DnsServer({("hook.test", "A"): first} if first else {}) as server:
            limits = CacheLimits(floor=60)
            return await call(url, PUBLIC, Resolver(server.address, limits=limits))

    made = asyncio.run(run())
    assert made.verdict == "waiting"
    if case["id"] != "url-049":
        assert called == [], case["title"]
    assert not any(address[0].startswith(("127.", "10.")) for address in called)


@pytest.mark.parametrize("case", TEXTS, ids=lambda case: case["id"])
def test_what_is_no_address_of_a_receiver_is_refused_as_text(case: dict[str, Any]) -> None:
    raw = to_bytes(case["input"])
    assert raw is not None
    text = raw.decode()
    fine = case["expect"] in {"accept", "policy"} and text.startswith("https://")
    with contextlib.nullcontext() if fine else pytest.raises(BadUrl):
        assert parse_target(text, Guard()).url.isascii()


def test_a_password_in_the_address_is_taken_out_and_the_host_is_what_follows_it() -> None:
    target = parse_target("https://trusted.example:x%40y@evil.example/a?b#c", Guard())
    assert (target.host, target.userinfo, target.url) == (
        "evil.example",
        "trusted.example:x@y",
        "https://evil.example/a?b",
    )


def test_the_address_that_was_checked_is_the_one_that_is_called() -> None:
    async def run() -> tuple[list[str], int]:
        async with DnsServer({("hook.test", "A"): ["127.0.0.1"]}) as server, HookServer() as receiver:
            resolver = Resolver(server.address)
            made = await call(f"http://hook.test:{receiver.port}/", LOCAL, resolver)
            assert (made.verdict, made.address) == ("delivered", "127.0.0.1")
            return [receiver.got[0].headers["host"]], len(server.asked)

    hosts, _ = asyncio.run(run())
    assert hosts[0].startswith("hook.test:")


def test_a_certificate_that_nobody_vouches_for_ends_the_call(tmp_path: Path) -> None:
    async def run() -> Made:
        async with HookServer(tls=server_context(tmp_path, name="127.0.0.1")) as receiver:
            return await call(receiver.url)

    made = asyncio.run(run())
    assert (made.verdict, made.error) == ("waiting", "tls")


def test_plain_http_is_for_named_ranges_alone() -> None:
    with pytest.raises(BadUrl, match="https"):
        parse_target("http://example.com/", Guard())
    assert parse_target("http://127.0.0.1:3000/", LOCAL).port == 3000


@pytest.mark.parametrize("port", ["22", "25", "5432", "0", "65536"])
def test_ports_that_are_no_receivers_are_refused(port: str) -> None:
    with pytest.raises(BadUrl):
        parse_target(f"https://example.com:{port}/", Guard())


def test_a_silent_name_server_is_no_answer() -> None:
    async def run() -> Callable[[], None] | str:
        resolver = Resolver(("127.0.0.1", 9), lifetime=0.2)
        connector = Connector(resolver, PUBLIC, verifying_context())
        try:
            await connector.open(parse_target("https://hook.test/", Guard()), seconds=1)
        except CallFailed as error:
            return error.code
        return "called"

    assert asyncio.run(run()) == "dns"
