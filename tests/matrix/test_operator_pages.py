"""Operators x routes: the staff gets in, and for everybody else the operators' pages do not exist."""

from collections.abc import Callable

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEvent, Role, User
from accounts.tenancy import system_scope
from delivery.models import PolicyState, Provider, Scope
from delivery.services.policy import suspend
from tests.matrix.routes import TABLE, Entry
from tests.matrix.world import World, build, fingerprint

ROUTES = [name for name, entry in TABLE.items() if entry.door == "operator"]
POSTS = [name for name in ROUTES if TABLE[name].method == "post"]


@pytest.fixture
def world(db: None) -> World:
    return build()


@pytest.fixture
def url_of(db: None) -> Callable[[str], str]:
    """`url_of(name)` is the route's address, with a provider and a policy that exist."""
    provider = Provider.objects.create(id=77, name="gmail")
    policy = suspend(scope=Scope(provider_id=77), reason="too fast", set_by="rule")
    known = {"provider": provider.pk, "policy": policy.pk}
    return lambda name: reverse(name, args=[known[taken] for taken in TABLE[name].takes])


@pytest.fixture
def staff(db: None) -> User:
    user = User.objects.create_user("staff@relay.test")
    User.objects.filter(pk=user.pk).update(is_staff=True)
    return User.objects.get(pk=user.pk)


def send(user: User | None, entry: Entry, url: str, **more: str) -> tuple[int, bytes, str]:
    client = Client(headers={"X-Request-ID": "matrix-request-0001", "Accept-Language": "en"})
    if user is not None:
        client.force_login(user)
    response = client.post(url, entry.data | more) if entry.method == "post" else client.get(url)
    return response.status_code, response.content, response.headers.get("Location", "")


def policies() -> list[tuple[int, bool]]:
    return [(row.pk, row.ended_at is None) for row in PolicyState.objects.order_by("pk")]


def audited() -> list[tuple[str, str]]:
    with system_scope():
        return list(AuditEvent.objects.order_by("id").values_list("verb", "actor"))


@pytest.mark.parametrize("name", ROUTES)
def test_the_staff_gets_in(staff: User, url_of: Callable[[str], str], name: str) -> None:
    status, _body, _where = send(staff, TABLE[name], url_of(name))
    assert status == TABLE[name].success


def test_to_members_of_organizations_the_pages_do_not_exist(
    world: World, url_of: Callable[[str], str]
) -> None:
    before, marks = policies(), fingerprint(world.acme, world.globex)
    for user in (*(world.members[role] for role in Role), world.outsider):
        never, nothing, _ = send(user, Entry(door="operator"), "/ops/nothing-of-this-name/")
        assert never == 404
        for name in ROUTES:
            assert send(user, TABLE[name], url_of(name))[:2] == (404, nothing), name
    assert policies() == before
    assert fingerprint(world.acme, world.globex) == marks


@pytest.mark.parametrize("name", ROUTES)
def test_strangers_are_sent_to_sign_in_and_change_nothing(url_of: Callable[[str], str], name: str) -> None:
    before = policies()
    status, _body, where = send(None, TABLE[name], url_of(name))
    assert status == 302
    assert where.startswith(reverse("account_login"))
    assert policies() == before


@pytest.mark.parametrize("name", POSTS)
def test_every_deed_stands_in_the_audit_trail(staff: User, url_of: Callable[[str], str], name: str) -> None:
    verbs = {
        "ops:suspend": "suspended",
        "ops:stop": "suspended",
        "ops:lift": "lifted",
        "ops:expire": "expired",
    }
    send(staff, TABLE[name], url_of(name))
    assert audited() == [(verbs[name], staff.email)]


@pytest.mark.parametrize("name", [name for name in POSTS if "lift" not in name])
def test_without_a_reason_nothing_is_stopped_or_given_up(
    staff: User, url_of: Callable[[str], str], name: str
) -> None:
    before = policies()
    status, body, _where = send(staff, TABLE[name], url_of(name), reason="  ")
    assert status == 422
    assert b"This field is required" in body
    assert policies() == before
    assert audited() == []


@pytest.mark.parametrize("name", ROUTES)
def test_a_get_and_a_foreign_method_change_nothing(
    staff: User, url_of: Callable[[str], str], name: str
) -> None:
    before = policies()
    client = Client()
    client.force_login(staff)
    with transaction.atomic():
        assert client.get(url_of(name)).status_code in {200, 302}
        assert client.delete(url_of(name)).status_code == 405
        assert client.put(url_of(name)).status_code == 405
    assert policies() == before
    assert audited() == []


@pytest.mark.parametrize(
    "word", ["provider:0", "provider:999", "provider:x", "stream:9", "host:mx", "", "all:1"]
)
def test_what_nothing_is_called_cannot_be_stopped(
    staff: User, url_of: Callable[[str], str], word: str
) -> None:
    status, _body, _where = send(staff, TABLE["ops:stop"], url_of("ops:stop"), what=word)
    assert status == 422
    assert len(policies()) == 1
