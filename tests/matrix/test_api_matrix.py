"""Scope x tenant x route x method over the API: what a key may, and what it cannot even see."""

import json
from collections.abc import Iterator

import pytest
from django.db import transaction
from django.test import Client
from django.urls import resolve, reverse

from accounts.audit import SYSTEM
from accounts.services.api_keys import issue_key
from tests.api_client import Answer, answer_of
from tests.matrix.api_routes import API, NEVER, SCOPES, Call, Route, own, public
from tests.matrix.world import ABSENT, Organization, World, build, fingerprint

#: Written for every request, whatever its answer.
LOGS = ("accounts_apikey", "accounts_apirequest")
#: Who took a file is kept in it.
TRAIL = "accounts_auditevent"
REQUEST = "matrix-request-0001"


@pytest.fixture
def world(db: None) -> World:
    return build()


def key(organization: Organization, *scopes: str) -> str:
    return issue_key(tenant_id=organization.id, name="matrix", scopes=scopes, actor=SYSTEM)[1]


def ask(secret: str | None, call: Call, url: str, organization: Organization) -> Answer:
    headers = {"X-Request-ID": REQUEST, "Accept-Language": "en"}
    if secret is not None:
        headers["Authorization"] = f"Bearer {secret}"
    body = json.dumps(call.body(organization)).encode() if call.body is not None else b""
    sent = Client().generic(
        call.method, url + call.query, body, content_type="application/json", headers=headers
    )
    return answer_of(sent)


def url_of(name: str, route: Route, organization: Organization) -> str:
    return reverse(name, args=[own(kind, organization) for kind in route.takes])


def every_call() -> Iterator[tuple[str, Route, Call]]:
    for name, route in API.items():
        for call in route.calls:
            yield name, route, call


def test_the_table_knows_every_method_of_every_route(world: World) -> None:
    for name, route in API.items():
        view = resolve(url_of(name, route, world.acme)).func.view_class  # type: ignore[attr-defined]  # a class's
        methods = {method.upper() for method in view.http_method_names if hasattr(view, method)}
        assert methods - {"OPTIONS"} == {call.method for call in route.calls}, name


def test_without_the_scope_nothing_is_done(world: World) -> None:
    before = fingerprint(world.acme, world.globex, but=LOGS)
    others = {scope: key(world.acme, *(set(SCOPES) - {scope})) for scope in SCOPES}
    before = fingerprint(world.acme, world.globex, but=LOGS)
    for name, route, call in every_call():
        url = url_of(name, route, world.acme)
        nobody = ask(None, call, url, world.acme)
        assert (nobody.status, nobody.code) == (401, "bad_api_key"), (name, call)
        refused = ask(others[call.scope], call, url, world.acme)
        assert (refused.status, refused.code) == (403, "permission_denied"), (name, call)
    assert fingerprint(world.acme, world.globex, but=LOGS) == before


def test_the_scope_alone_is_enough(world: World) -> None:
    keys = {scope: key(world.acme, scope) for scope in SCOPES}
    for name, route, call in every_call():
        with transaction.atomic():
            answer = ask(keys[call.scope], call, url_of(name, route, world.acme), world.acme)
            assert answer.status == call.success, (name, call, answer)
            transaction.set_rollback(True)


def test_a_key_that_reads_writes_nothing(world: World) -> None:
    reader = key(world.acme, *(scope for scope in SCOPES if scope.endswith(".read")))
    before = fingerprint(world.acme, world.globex, but=(*LOGS, TRAIL))
    for name, route, call in every_call():
        answer = ask(reader, call, url_of(name, route, world.acme), world.acme)
        assert answer.status == (200 if call.method == "GET" else 403), (name, call)
    assert fingerprint(world.acme, world.globex, but=(*LOGS, TRAIL)) == before


def test_a_foreign_id_answers_byte_for_byte_like_one_that_never_existed(world: World) -> None:
    secret = key(world.acme, *SCOPES)
    before = fingerprint(world.acme, world.globex, but=LOGS)
    for name, route, call in every_call():
        for position, kind in enumerate(route.takes):
            bodies = []
            for there in (
                own(kind, world.globex),
                public(kind, ABSENT.get(kind, NEVER)),
                public(kind, NEVER),
                own(kind, world.globex)[:-1] + "z",
            ):
                ids = [own(one, world.acme) for one in route.takes]
                ids[position] = there
                answer = ask(secret, call, reverse(name, args=ids), world.acme)
                assert answer.status == 404, (name, call, there, answer)
                bodies.append(answer.body.replace(there.encode(), b"#"))
            assert len(set(bodies)) == 1, (name, call)
    assert fingerprint(world.acme, world.globex, but=LOGS) == before
