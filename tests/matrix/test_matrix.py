"""Role x tenant x route: every cell sends a valid request, and every refusal leaves the data as it was."""

import copy
import json
import select
import socket
from collections.abc import Callable, Iterator

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django import DjangoDbBlocker
from pytest_django.fixtures import Settings

from accounts.models import Role, User
from accounts.permissions import allows
from accounts.tenancy import tenant_scope
from campaigns.models import ContactList
from tests.matrix.routes import TABLE, Entry, missing, routes
from tests.matrix.world import ABSENT, World, build, fingerprint, ids

TENANT_ROUTES = [name for name, entry in TABLE.items() if entry.door == "tenant"]
#: The number of a thing that never was.
NEVER = 999_999_999
#: Whether a refusal by role comes before anything else.
REFUSED = 403
#: Of one page, to the database.
MOST_QUESTIONS = 20
SCOPE = "select set_config("


@pytest.fixture(scope="module")
def built(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[tuple[World, str]]:
    """The world and its fingerprint, never committed: each test's own transaction is a savepoint inside."""
    with django_db_blocker.unblock(), transaction.atomic():
        world = build()
        yield world, fingerprint(world.acme, world.globex)
        transaction.set_rollback(True)


@pytest.fixture
def world(built: tuple[World, str], db: None) -> World:
    return copy.deepcopy(built[0])


@pytest.fixture
def untouched(built: tuple[World, str], world: World) -> Callable[[], bool]:
    """Whether every row of both organizations is as it was before the first test."""
    return lambda: fingerprint(world.acme, world.globex) == built[1]


def _client(user: User | None) -> Client:
    client = Client(headers={"X-Request-ID": "matrix-request-0001", "Accept-Language": "en"})
    if user is not None:
        client.force_login(user)
    return client


def _send(client: Client, entry: Entry, url: str) -> tuple[int, bytes]:
    sent = [entry.data] if entry.method == "post" else []
    response = getattr(client, entry.method)(url, *sent)
    body = b"".join(response.streaming_content) if response.streaming else response.content
    return response.status_code, body


def _nameless(body: bytes, names: tuple[bytes, ...]) -> bytes:
    """Without the ids asked for; a short one may stand elsewhere, too, so all go from both sides."""
    for name in names:
        body = body.replace(name, b"#")
    return body


def test_every_route_has_an_entry_and_every_entry_a_route() -> None:
    assert missing(list(routes()), TABLE) == []
    assert sorted(set(TABLE) - set(routes())) == []


def test_a_route_without_an_entry_is_named() -> None:
    """The meta-test of the table."""
    assert missing([*routes(), "campaigns:planted"], TABLE) == ["campaigns:planted"]


def test_one_changed_row_of_either_organization_is_noticed(
    world: World, untouched: Callable[[], bool]
) -> None:
    """The meta-test of the fingerprint."""
    for organization in (world.acme, world.globex):
        assert untouched()
        with transaction.atomic():
            with tenant_scope(organization.id):
                ContactList.objects.update(name="Other")
            assert not untouched()
            transaction.set_rollback(True)


@pytest.mark.parametrize("name", TENANT_ROUTES)
def test_each_role_gets_what_its_capabilities_allow(
    world: World, untouched: Callable[[], bool], name: str
) -> None:
    entry = TABLE[name]
    url = reverse(name, args=[world.acme.slug, *ids(world.acme, entry.takes)])
    for role in Role:
        with transaction.atomic():
            status, _body = _send(_client(world.members[role]), entry, url)
            transaction.set_rollback(status < 400)
        assert entry.capability is not None
        if allows(role, entry.capability):
            assert status == entry.success, (role, status)
        else:
            assert status == REFUSED, (role, status)
            assert untouched(), role


def test_no_page_of_an_organization_waits_for_dns(world: World, settings: Settings) -> None:
    client = _client(world.members[Role.OWNER])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        settings.RELAY_DNS = "{}:{}".format(*silent.getsockname())
        for name in TENANT_ROUTES:
            entry = TABLE[name]
            with transaction.atomic():
                _send(client, entry, reverse(name, args=[world.acme.slug, *ids(world.acme, entry.takes)]))
                transaction.set_rollback(True)
        assert not select.select([silent], [], [], 0)[0]


def test_no_page_asks_the_database_more_than_twenty_questions(world: World) -> None:
    """Savepoints and the scope are not counted: they read nothing."""
    client = _client(world.members[Role.OWNER])
    asked = {}
    for name in TENANT_ROUTES:
        entry = TABLE[name]
        if entry.method == "get":
            with CaptureQueriesContext(connection) as captured:
                _send(client, entry, reverse(name, args=[world.acme.slug, *ids(world.acme, entry.takes)]))
            questions = [
                one for one in captured if not one["sql"].startswith(("SAVEPOINT", "RELEASE", SCOPE))
            ]
            asked[name] = len(questions)
    assert len(asked) > 50
    assert {name: count for name, count in asked.items() if count > MOST_QUESTIONS} == {}


@pytest.mark.parametrize("name", TENANT_ROUTES)
def test_strangers_are_sent_to_sign_in(world: World, untouched: Callable[[], bool], name: str) -> None:
    entry = TABLE[name]
    url = reverse(name, args=[world.acme.slug, *ids(world.acme, entry.takes)])
    response = getattr(_client(None), entry.method)(url)
    assert response.status_code == 302
    assert response["Location"].startswith(reverse("account_login"))
    assert untouched()


@pytest.mark.parametrize("name", TENANT_ROUTES)
def test_to_an_outsider_the_organization_does_not_exist(
    world: World, untouched: Callable[[], bool], name: str
) -> None:
    entry = TABLE[name]
    client = _client(world.outsider)
    there = reverse(name, args=[world.acme.slug, *ids(world.acme, entry.takes)])
    nowhere = reverse(name, args=["acma", *ids(world.acme, entry.takes)])
    found, absent = _send(client, entry, there), _send(client, entry, nowhere)
    assert found[0] == 404
    assert found[1].replace(b"acme", b"acma") == absent[1]
    assert untouched()


@pytest.mark.parametrize("name", [name for name in TENANT_ROUTES if TABLE[name].takes])
def test_a_foreign_id_answers_like_one_that_never_existed(
    world: World, untouched: Callable[[], bool], name: str
) -> None:
    entry = TABLE[name]
    client = _client(world.members[Role.OWNER])
    for position, taken in enumerate(entry.takes):
        own = ids(world.acme, entry.takes)
        foreign, absent = [*own], [*own]
        foreign[position] = world.globex.id_of(taken)
        absent[position] = ABSENT.get(taken, NEVER)
        status, body = _send(client, entry, reverse(name, args=[world.acme.slug, *foreign]))
        never, nothing = _send(client, entry, reverse(name, args=[world.acme.slug, *absent]))
        assert (status, never) == (404, 404), taken
        names = (str(foreign[position]).encode(), str(absent[position]).encode())
        assert _nameless(body, names) == _nameless(nothing, names)
    assert untouched()


@pytest.mark.parametrize("name", [name for name, entry in TABLE.items() if entry.door == "person"])
def test_pages_of_a_person_ask_for_a_sign_in(db: None, name: str) -> None:
    response = _client(None).get(reverse(name))
    assert response.status_code == 302
    assert reverse("account_login") in response["Location"]


@pytest.mark.parametrize("name", [name for name, entry in TABLE.items() if entry.door == "tenant"])
@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_no_other_method_changes_anything(
    world: World, untouched: Callable[[], bool], name: str, method: str
) -> None:
    entry = TABLE[name]
    url = reverse(name, args=[world.acme.slug, *ids(world.acme, entry.takes)])
    getattr(_client(world.members[Role.OWNER]), method)(url)
    assert untouched()


API_ROUTES = [name for name, entry in TABLE.items() if entry.door == "api"]
EMAIL = {"from": "shop@news.acme.test", "to": ["taro@gmail.test"], "subject": "Order 17", "text": "Thank you"}


def _call(secret: str | None, entry: Entry, url: str) -> tuple[int, bytes]:
    headers = {"X-Request-ID": "matrix-request-0001"}
    if secret is not None:
        headers["Authorization"] = f"Bearer {secret}"
    client = Client(headers=headers)
    body = {"data": json.dumps(EMAIL), "content_type": "application/json"} if entry.method == "post" else {}
    # The test's own transaction stays usable after a refusal.
    with transaction.atomic():
        response = getattr(client, entry.method)(url, **body)
        transaction.set_rollback(True)
    return response.status_code, response.content


@pytest.mark.parametrize("name", API_ROUTES)
def test_a_key_needs_its_scope_and_opens_only_its_own_tenant(
    world: World, untouched: Callable[[], bool], name: str
) -> None:
    entry = TABLE[name]
    url = reverse(name, args=ids(world.acme, entry.takes))
    wrong = next(scope for scope in world.acme.keys if scope != entry.scope)
    assert _call(None, entry, url)[0] == 401
    assert _call("rly_live_00000000_" + "x" * 43, entry, url)[0] == 401
    assert _call(world.acme.keys[wrong], entry, url)[0] == 403
    assert _call(world.acme.keys[entry.scope], entry, url)[0] == entry.success
    assert untouched()


@pytest.mark.parametrize("name", [name for name in API_ROUTES if TABLE[name].takes])
def test_a_foreign_submission_answers_like_one_that_never_existed(world: World, name: str) -> None:
    entry = TABLE[name]
    secret = world.acme.keys[entry.scope]
    foreign = _call(secret, entry, reverse(name, args=ids(world.globex, entry.takes)))
    absent = _call(secret, entry, reverse(name, args=[ABSENT[one] for one in entry.takes]))
    assert (foreign[0], absent[0]) == (404, 404)
    names = tuple(
        str(one).encode() for taken in entry.takes for one in (world.globex.id_of(taken), ABSENT[taken])
    )
    assert _nameless(foreign[1], names) == _nameless(absent[1], names)


def test_a_key_cannot_send_from_another_tenants_domain(world: World) -> None:
    entry = Entry(door="api", scope="messages.send", method="post")
    status, body = _call(world.globex.keys["messages.send"], entry, reverse("api:emails"))
    assert status == 422
    assert b"domain_not_verified" in body
