"""Operators x routes: the staff gets in, and for everybody else the operators' pages do not exist."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEvent, Role, User
from accounts.tenancy import SYSTEM_TENANT_ID, system_scope
from campaigns.models import Suppression
from delivery.engine.incarnation import RESTORED
from delivery.inbound.mail import keep
from delivery.models import PolicyState, Provider, Scope, Site
from delivery.services.policy import suspend
from tests.matrix.routes import TABLE, WRONG_HOUR, Entry
from tests.matrix.world import World, build, fingerprint

ROUTES = [name for name, entry in TABLE.items() if entry.door == "operator"]
MAIL = b"From: a@b.test\r\nSubject: abuse\r\n\r\nPlease stop.\r\n"
POSTS = [name for name in ROUTES if TABLE[name].method == "post"]


@pytest.fixture
def world(db: None) -> World:
    return build()


@pytest.fixture
def url_of(db: None) -> Callable[[str], str]:
    """`url_of(name)` is the route's address, with a provider and a policy that exist."""
    provider = Provider.objects.create(id=77, name="gmail")
    policy = suspend(scope=Scope(provider_id=77), reason="too fast", set_by="rule")
    suspend(scope=Scope(), reason="the database is a restored copy", set_by="engine", rule=RESTORED)
    _bounce()
    mail = keep(
        tenant_id=SYSTEM_TENANT_ID, token=None, mail_from="a@b.test", raw=MAIL, rcpt="abuse@relay.test"
    )
    known = {"provider": provider.pk, "policy": policy.pk, "mail": mail, "tenant": SYSTEM_TENANT_ID}
    return lambda name: reverse(name, args=[known[taken] for taken in TABLE[name].takes])


def _bounce() -> None:
    """An address that is suppressed provisionally, in the hour that the table names."""
    site = Site.objects.create(key="mx.gmail.test", provider_id=77)
    hour = datetime.fromtimestamp(WRONG_HOUR, UTC)
    with system_scope():
        row = Suppression.objects.create(
            tenant_id=SYSTEM_TENANT_ID, email_key="taro@gmail.test", scope="all", reason="bounced",
            rule="x.1.1-no-such-mailbox", site_id=site.pk, provisional_until=hour + timedelta(days=1),
        )  # fmt: skip
        Suppression.objects.filter(pk=row.pk).update(created_at=hour)


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
        "ops:tenant_stop": "suspended",
        "ops:lift": "lifted",
        "ops:expire": "expired",
        "ops:bounce_undo": "undone",
        "ops:bounce_confirm": "confirmed",
        "ops:mail_done": "done",
        "ops:restored_doubt": "doubted",
        "ops:restored_resume": "lifted",
    }
    send(staff, TABLE[name], url_of(name))
    assert (verbs[name], staff.email) in audited()
    assert {actor for _verb, actor in audited()} == {staff.email}


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
    # Who looks at somebody's mail or at an organization is written down.
    looked = name in {"ops:mail", "ops:tenant"}
    assert audited() == ([("viewed", staff.email)] if looked else [])


@pytest.mark.parametrize(
    "word", ["provider:0", "provider:999", "provider:x", "stream:9", "host:mx", "", "all:1"]
)
def test_what_nothing_is_called_cannot_be_stopped(
    staff: User, url_of: Callable[[str], str], word: str
) -> None:
    status, _body, _where = send(staff, TABLE["ops:stop"], url_of("ops:stop"), what=word)
    assert status == 422
    assert len(policies()) == 2
