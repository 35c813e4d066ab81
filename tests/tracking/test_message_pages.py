"""The list of messages and the page of one: where each stands, its attempts, what comes next."""

from typing import Any

import pytest
from django.test import Client

from accounts.audit import SYSTEM
from accounts.models import Role, Tenant, User
from accounts.services.tenants import add_member
from delivery.models import AttemptState, Scope, Transcript
from delivery.services.policy import suspend
from relay_saas.mail.ids import format_id
from tests.delivery.builders import make_domain
from tests.delivery.story import SLOW, accepted, deferred, site_of, tried
from tracking.selectors import messages
from tracking.selectors.messages import message_page


@pytest.fixture(autouse=True)
def _egress(settings: Any) -> None:
    settings.RELAY_EGRESS = ["shared:127.30.0.1:mx1.relay.test"]


@pytest.fixture
def client(tenant: Tenant) -> Client:
    """An owner's browser."""
    make_domain(tenant.pk)
    user = User.objects.create_user("owner@acme.test")
    add_member(tenant_id=tenant.pk, user=user, role=Role.OWNER, actor=SYSTEM)
    browser = Client(headers={"Accept-Language": "en"})
    browser.force_login(user)
    return browser


def page(client: Client, path: str = "") -> str:
    response = client.get(f"/o/acme/messages/{path}")
    assert response.status_code == 200
    return response.content.decode()


def test_the_list_says_where_each_message_stands(tenant: Tenant, client: Client) -> None:
    waits, delivered = accepted(tenant), accepted(tenant, "hanako@docomo.test")
    tried(tenant, delivered, AttemptState.DELIVERED)
    newest, oldest = message_page(tenant_id=tenant.pk, cursor=None).items
    assert (newest.word, newest.state, newest.open) == (
        format_id("msg", delivered),
        AttemptState.DELIVERED,
        False,
    )
    assert (oldest.word, oldest.state, oldest.open) == (format_id("msg", waits), None, True)
    assert "hanako@docomo.test" in page(client)


def test_an_address_is_looked_up_whatever_its_spelling(tenant: Tenant, client: Client) -> None:
    accepted(tenant)
    accepted(tenant, "hanako@docomo.test")
    shown = page(client, "?q=TARO%40Gmail.test")
    assert "taro@gmail.test" in shown
    assert "hanako" not in shown
    assert "No such message" in page(client, "?q=nobody")


def test_pages_follow_each_other(tenant: Tenant, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(messages, "PAGE_SIZE", 2)
    made = [format_id("msg", accepted(tenant)) for _ in range(3)]
    first = message_page(tenant_id=tenant.pk, cursor=None)
    second = message_page(tenant_id=tenant.pk, cursor=first.next_cursor)
    assert [row.word for row in (*first.items, *second.items)] == made[::-1]


def test_a_message_tells_its_attempts_and_why_it_waits(tenant: Tenant, client: Client) -> None:
    message_id = accepted(tenant)
    deferred(tenant, message_id, reply="421 4.7.28 <b>slow down</b>")
    Transcript.objects.create(tenant_id=tenant.pk, message_id=message_id, number=1, lines="<- 421 <i>no</i>")
    suspend(
        scope=Scope(provider_id=site_of().provider_id), reason="another shop", set_by="rule", evidence=SLOW
    )
    shown = page(client, f"{format_id('msg', message_id)}/")
    for part in (
        "Too fast for the receiver: we wait",
        "421 4.7.28 &lt;b&gt;slow down&lt;/b&gt;",
        "&lt;- 421 &lt;i&gt;no&lt;/i&gt;",
        "Sending to this provider is stopped by the operators.",
        "It is tried again at",
        "server mx.gmail.test [127.20.9.1]:25 · TLSv1.3 TLS_AES_256_GCM_SHA384 · 10.0\xa0KB",
    ):
        assert part in shown
    assert "another shop" not in shown
    assert SLOW not in shown


@pytest.mark.parametrize("word", ["msg_00000000000000000000000000", "em_00000000000000000000000000", "x"])
def test_what_is_no_message_is_not_found(tenant: Tenant, client: Client, word: str) -> None:
    assert client.get(f"/o/acme/messages/{word}/").status_code == 404
