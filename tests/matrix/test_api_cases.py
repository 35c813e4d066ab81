"""The bad-input cases of API requests on every route that takes a body, and what else a caller may try."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import resolve, reverse

from accounts.api.body_ids import TABLES
from relay_saas.web.body_ids import kinds_in
from relay_saas.web.prefixed import public_id
from tests.api_client import Api, answer_of
from tests.cases.loader import load, to_bytes
from tests.matrix.api_routes import API, SCOPES, Call, Route, own
from tests.matrix.test_api_matrix import LOGS, key
from tests.matrix.world import World, build, fingerprint

CASES = {case["id"]: case for _, case in load("api_json")}
#: Refused before they are read: tests/delivery/test_api_json.py.
LARGE = {"json-018", "json-019", "json-020"}
BODIES = {
    name: data
    for name, case in CASES.items()
    if name not in LARGE and (data := to_bytes(case["input"])) is not None
}
#: Routes that get every case; the others, which read their bodies in the same way, one of each sort.
WHOLE = {
    "campaigns_api:contacts",
    "campaigns_api:campaign",
    "campaigns_api:campaign_launch",
    "accounts_api:keys",
}
FEW = {"json-003", "json-008", "json-012", "json-028", "json-033", "json-039"}
#: Takes a form.
FORMS = {"campaigns_api:imports"}


@pytest.fixture
def world(db: None) -> World:
    return build()


@pytest.fixture
def api(world: World) -> Api:
    return Api(secret=key(world.acme, *SCOPES))


def writes() -> Iterator[tuple[str, Route, Call]]:
    for name, route in API.items():
        for call in route.calls:
            if call.method in {"POST", "PUT", "PATCH"} and name not in FORMS:
                yield name, route, call


def url_of(world: World, name: str, route: Route) -> str:
    return reverse(name, args=[own(kind, world.acme) for kind in route.takes])


def test_every_bad_body_is_refused_by_every_route_and_changes_nothing(api: Api, world: World) -> None:
    before = fingerprint(world.acme, world.globex, but=LOGS)
    for name, route, call in writes():
        url = url_of(world, name, route)
        for case, data in BODIES.items():
            if name not in WHOLE and case not in FEW:
                continue
            answer = api(call.method, url, data)
            assert answer.status in {400, 413, 422}, (name, call.method, case, answer)
            assert answer.code != "error"
    assert fingerprint(world.acme, world.globex, but=LOGS) == before


def test_another_content_type_and_a_huge_body_are_refused_by_every_route(api: Api, world: World) -> None:
    for name, route, call in writes():
        url = url_of(world, name, route)
        headers = {"Authorization": f"Bearer {api.secret}"}
        sent = Client().generic(call.method, url, b"x", content_type="text/plain", headers=headers)
        assert answer_of(sent).code == "unsupported_media_type", name
        deep = b'{"a":' * 10_000 + b"1" + b"}" * 10_000
        assert api(call.method, url, deep).code in {"too_deep", "too_many_items"}, name


def test_unknown_and_hostile_parameters_are_refused_by_every_route(api: Api, world: World) -> None:
    injected = "ordering=email;drop table x--&sort=asc,(select pg_sleep(5))"
    for name, route in API.items():
        url = url_of(world, name, route)
        for call in route.calls:
            body = call.body(world.acme) if call.body else None
            assert api(call.method, f"{url}?{injected}", body).status in {400, 415}, (name, call.method)


def test_every_list_caps_its_limit_and_refuses_nonsense(api: Api, world: World) -> None:
    lists = 0
    for name, route in API.items():
        found = api("GET", url_of(world, name, route)) if route.calls[0].method == "GET" else None
        if found is None or not isinstance(found.json, dict) or "next" not in found.json:
            continue
        lists += 1
        url = url_of(world, name, route)
        assert api("GET", f"{url}?limit=1000000").status == 200, name
        for query in ("limit=0", "limit=-1", "limit=1e9", "limit=%00", "limit=1&limit=2", "after=%00"):
            assert api("GET", f"{url}?{query}").status in {400, 422}, (name, query)
    assert lists > 12


def test_methods_are_not_overridden_and_no_route_describes_itself(api: Api, world: World) -> None:
    override = {"X-HTTP-Method-Override": "DELETE", "X_Forwarded_For": "127.0.0.1"}
    contact = f"contacts/{own('contact', world.acme)}"
    assert api("GET", contact, headers=override).status == 200
    assert api("GET", contact).status == 200
    for name, route in API.items():
        url = url_of(world, name, route)
        for method in ("OPTIONS", "TRACE"):
            answer = api(method, url)
            assert (answer.status, answer.code) == (405, "method_not_allowed"), (name, method)
            assert b"choices" not in answer.body
        if route.calls[0].method == "GET":
            answer = api("HEAD", url)
            assert (answer.status, answer.body) == (200, b""), name


def test_another_organizations_list_is_one_that_never_existed(api: Api, world: World) -> None:
    foreign, never = own("mailing_list", world.globex), public_id("lst", 1 << 40)
    own_contact = own("contact", world.acme)
    for path, body, status, place in (
        ("contacts", {"email": "new@readers.test", "lists": ["LIST"]}, 422, "/lists/0"),
        ("contacts/batch", {"contacts": [{"email": "new@readers.test"}], "list": "LIST"}, 422, "/list"),
        ("campaigns", {"name": "x", "list": "LIST"}, 422, "/list"),
        ("exports", {"kind": "contacts", "list": "LIST"}, 422, "/list"),
        (f"contacts/{own_contact}/subscriptions/LIST", {"state": "subscribed", "reason": "x"}, 404, None),
        ("lists/LIST/contacts", {"contacts": [own_contact]}, 404, None),
    ):
        bodies = set()
        for one in (foreign, never, "lst_" + "0" * 26):
            sent = json.loads(json.dumps(body).replace("LIST", one))
            method = "PUT" if "subscriptions" in path else "POST"
            headers = {"X-Request-ID": "matrix-request-0001"}
            answer = api(method, path.replace("LIST", one), sent, headers=headers)
            assert answer.status == status, (path, one, answer)
            assert [error["pointer"] for error in answer.json["errors"]] == ([place] if place else [])
            bodies.add(answer.body.replace(one.encode(), b"#"))
        assert len(bodies) == 1, path


def test_every_id_that_a_body_may_name_is_looked_up_before_anything_is_done() -> None:
    kinds: set[str] = set()
    for name in API:
        view: Any = resolve_view(name)
        for operation in view.operations.values():
            if operation.body is not None:
                kinds |= kinds_in(operation.body())
    assert kinds == set(TABLES)


def test_every_parameter_refuses_what_it_is_not(api: Api, world: World) -> None:
    tried = 0
    for name, route in API.items():
        url, call = url_of(world, name, route), route.calls[0]
        if call.method != "GET":
            continue
        for parameter in resolve_view(name).parameters:
            for text in ("%00", "a%0Ab", "%7F", "x" * 1001):
                answer = api("GET", f"{url}?{parameter}={text}")
                assert (answer.status, answer.code) == (400, "bad_parameter"), (name, parameter, text)
                tried += 1
    assert tried > 100


def resolve_view(name: str) -> Any:
    taken = ["x"] * len(API[name].takes)
    return resolve(reverse(name, args=taken)).func.view_class  # type: ignore[attr-defined]  # a class's
