"""What a credential may do while sessions are open: changed from one message to the next, and limits that a
retry does not meet."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from accounts.audit import SYSTEM
from accounts.models import SmtpCredential
from accounts.models.stream import Stream
from accounts.selectors.smtp_credentials import credential_of
from accounts.services.smtp_credentials import update
from accounts.services.smtp_draft import draft_of
from accounts.tenancy import tenant_scope
from delivery.submission.server import SubmissionServer
from tests.integration.submission import Shop, make_shop, queue_id, serving, signed_in

pytestmark = pytest.mark.usefixtures("committed")


@pytest.fixture
def server(committed: None, tmp_path: Path) -> Iterator[SubmissionServer]:
    with serving(tmp_path) as running:
        yield running


@pytest.fixture
def shop(committed: None) -> Shop:
    return make_shop()


def test_a_changed_credential_counts_from_the_next_message_of_an_open_session_on(
    server: SubmissionServer, shop: Shop
) -> None:
    tenant_id = shop.organization.tenant.pk

    def change(**values: object) -> None:
        found = credential_of(tenant_id, shop.credential_id)
        draft = draft_of(found, **values)
        update(tenant_id=tenant_id, credential_id=shop.credential_id, draft=draft, actor=SYSTEM)

    with signed_in(server, shop) as client:
        queue_id(client.deliver(shop, shop.letter(1)))
        change(allowed_from=[f"billing@{shop.organization.domain.name}"])
        assert client.deliver(shop, shop.letter(2)).startswith("550 5.7.1")
        change(allowed_from=[], stream=Stream.MARKETING)
        queue_id(client.deliver(shop, shop.letter(3)))
        change(daily_limit=1)
        queue_id(client.deliver(shop, shop.letter(4)))
        assert client.deliver(shop, shop.letter(5)).startswith("452 4.7.1")
        change(networks=["203.0.113.0/24"])
        client.envelope(shop)
        assert client.data(shop.letter(6)).startswith("421 4.7.0")
    assert [one.stream for one in shop.submissions()] == [
        Stream.TRANSACTIONAL,
        Stream.MARKETING,
        Stream.MARKETING,
    ]


def test_another_process_goes_by_a_change_after_a_moment(
    server: SubmissionServer, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("accounts.services.smtp_credentials.REMEMBERED", 0.0)
    with signed_in(server, shop) as client:
        queue_id(client.deliver(shop, shop.letter(1)))
        with tenant_scope(shop.organization.tenant.pk):
            SmtpCredential.objects.filter(pk=shop.credential_id).update(allowed_from=["a@elsewhere.test"])
        assert client.deliver(shop, shop.letter(2)).startswith("550 5.7.1")


def test_a_retry_at_the_limit_hears_that_it_was_accepted(server: SubmissionServer) -> None:
    shop = make_shop(daily_limit=1)
    with signed_in(server, shop) as client:
        first = queue_id(client.deliver(shop, shop.letter(1)))
        assert client.deliver(shop, shop.letter(2)).startswith("452 4.7.1")
        assert queue_id(client.deliver(shop, shop.letter(1))) == first
        assert client.deliver(shop, shop.letter(1, body="another")).startswith("452 4.7.1")
    assert len(shop.messages()) == 1


@pytest.mark.parametrize("name", ["postmaster", "PostMaster"])
def test_postmaster_without_a_domain_is_ours(server: SubmissionServer, shop: Shop, name: str) -> None:
    with signed_in(server, shop) as client:
        client.say(f"MAIL FROM:<{shop.sender}>")
        assert client.say("RCPT TO:<taro>").startswith("553 5.1.3")
        assert client.say(f"RCPT TO:<{name}>").startswith("250")
        queue_id(client.data(shop.letter(1)))
    assert [one.lower() for one in shop.messages()] == [f"postmaster@inbound.{settings.RELAY_ZONE}"]
