"""Clients of other services, unchanged but for address and key, and what arrives of their mail."""

import base64
import secrets
from collections.abc import Callable, Iterator
from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import postmarker.core
import pytest
import resend
from anymail.exceptions import AnymailRequestsAPIError
from anymail.message import AnymailMessage, attach_inline_image
from django.core.mail import get_connection

from accounts.audit import SYSTEM
from accounts.models import SendingDomain, Tenant
from accounts.services.api_keys import issue_key
from accounts.tenancy import tenant_scope
from campaigns.models import Campaign
from campaigns.services.templates import TemplateDraft, create_template
from delivery.engine.config import EngineConfig
from delivery.engine.process import run_once
from delivery.models import Submission
from relay_saas.simulator.tail import Follower, numbered, read_message
from tests.integration.engine.world import World
from tests.integration.live import live_server

Arrived = Callable[[], dict[str, EmailMessage]]
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


@pytest.fixture(scope="module")
def base(django_db_setup: None, django_db_blocker: Any) -> Iterator[str]:
    """The address of the product."""
    with django_db_blocker.unblock(), live_server() as address:
        yield address


@pytest.fixture
def secret(tenant: Tenant) -> str:
    """A key of the organization."""
    scopes = ["messages.send", "messages.read"]
    return issue_key(tenant_id=tenant.pk, name="shop", scopes=scopes, actor=SYSTEM)[1]


@pytest.fixture
def arrived(config: EngineConfig, world: World, domain: SendingDomain) -> Arrived:
    """`arrived()` runs the queue once; the messages that the simulator took, by recipient."""

    def arrived() -> dict[str, EmailMessage]:
        run_once(replace(config, idle_seconds=1), lambda: False)
        return dict(_stored(world, f"rp.{domain.name}"))

    return arrived


def _stored(world: World, sender: str) -> Iterator[tuple[str, EmailMessage]]:
    for number, path in numbered(world.folder, "received"):
        for found in Follower(path).read_all():
            if found.line["mail_from"].endswith(sender):
                octets = read_message(world.folder, number, found.line)
                yield found.line["rcpt"], message_from_bytes(octets, policy=policy.default)


def template_of(tenant: Tenant) -> str:
    draft = TemplateDraft(
        name=f"order-{secrets.token_hex(3)}",
        html_source="<p>Hello {{ name }}, order {{ number }}</p>",
        markup=Campaign.Markup.HTML,
    )
    return create_template(tenant_id=tenant.pk, draft=draft, actor=SYSTEM).name


def letter(domain: SendingDomain, *to: str, **more: Any) -> AnymailMessage:
    return AnymailMessage(
        subject="ご注文 17",
        body="Thank you",
        from_email=f'"Acme, Inc." <shop@{domain.name}>',
        to=list(to) or ["太郎 <taro@gmail.test>"],
        **more,
    )


def check_letter(message: EmailMessage) -> None:
    assert message["Subject"] == "ご注文 17"
    assert message["From"].addresses[0].display_name == "Acme, Inc."
    text = message.get_body(("plain",))
    assert text is not None
    assert text.get_content().strip() == "Thank you"


def submissions(tenant: Tenant) -> list[Submission]:
    with tenant_scope(tenant.pk):
        return list(Submission.objects.order_by("id"))


@pytest.mark.parametrize("service", ["postmark", "resend"])
def test_anymail_sends_with_files_pictures_tags_and_metadata(
    service: str, base: str, secret: str, tenant: Tenant, domain: SendingDomain, arrived: Arrived
) -> None:
    message = letter(domain, cc=["c@gmail.test"], reply_to=["Help <help@acme.test>"])
    cid = attach_inline_image(message, PIXEL, filename="logo.png")
    message.attach_alternative(f'<p>Thank you <img src="cid:{cid}"></p>', "text/html")
    message.attach("請求書.pdf", b"%PDF", "application/pdf")
    message.tags, message.metadata = ["order"], {"order": "17"}
    message.extra_headers["X-Order"] = "17"
    assert mailer(service, base, secret).send_messages([message]) == 1
    (submission,) = submissions(tenant)
    assert message.anymail_status.message_id == str(submission.pk)
    assert set(message.anymail_status.recipients) == {"taro@gmail.test", "c@gmail.test"}
    assert (submission.tags, submission.metadata) == (["order"], {"order": "17"})
    found = arrived()
    assert set(found) == {"taro@gmail.test", "c@gmail.test"}
    for one in found.values():
        check_letter(one)
        assert one["Cc"] == "c@gmail.test"
        assert one["Reply-To"].addresses[0].addr_spec == "help@acme.test"
        assert one["X-Order"] == "17"
        assert [part.get_filename() for part in one.iter_attachments()] == ["請求書.pdf"]
        pictures = [part for part in one.walk() if part["Content-ID"] == f"<{cid}>"]
        assert [part.get_content() for part in pictures] == [PIXEL]


@pytest.mark.parametrize("service", ["postmark", "resend"])
def test_anymail_sends_a_batch_with_metadata_of_each(
    service: str, base: str, secret: str, tenant: Tenant, domain: SendingDomain, arrived: Arrived
) -> None:
    people = ["a@gmail.test", "b@gmail.test", "c@gmail.test"]
    message = letter(domain, *people)
    message.merge_metadata = {person: {"number": str(place)} for place, person in enumerate(people)}
    message.merge_data = {}
    mailer(service, base, secret).send_messages([message])
    status = message.anymail_status.recipients
    assert len({one.message_id for one in status.values()}) == 3
    assert [one.metadata for one in submissions(tenant)] == [{"number": str(place)} for place in range(3)]
    found = arrived()
    assert {rcpt: str(one["To"]) for rcpt, one in found.items()} == {person: person for person in people}


def test_anymail_fills_in_a_template_for_each(
    base: str, secret: str, tenant: Tenant, domain: SendingDomain, arrived: Arrived
) -> None:
    message = letter(domain, "a@gmail.test", "b@gmail.test")
    message.subject, message.body = "Order {{ number }}", ""
    message.template_id = template_of(tenant)
    message.merge_global_data = {"number": 17}
    message.merge_data = {"a@gmail.test": {"name": "Taro"}, "b@gmail.test": {"name": "花子"}}
    mailer("postmark", base, secret).send_messages([message])
    found = arrived()
    for rcpt, name in (("a@gmail.test", "Taro"), ("b@gmail.test", "花子")):
        html = found[rcpt].get_body(("html",))
        assert html is not None
        assert f"Hello {name}, order 17" in html.get_content()
        assert found[rcpt]["Subject"] == "Order 17"


@pytest.mark.parametrize("service", ["postmark", "resend"])
def test_anymail_is_told_what_is_wrong(service: str, base: str, secret: str, domain: SendingDomain) -> None:
    message = letter(domain)
    message.from_email = "x@not-ours.test"
    with pytest.raises(AnymailRequestsAPIError, match="not verified"):
        mailer(service, base, secret).send_messages([message])
    with pytest.raises(AnymailRequestsAPIError):
        mailer(service, base, "rly_live_nonsense").send_messages([letter(domain)])


def mailer(service: str, base: str, secret: str) -> Any:
    key = {"postmark": "server_token", "resend": "api_key"}[service]
    backend = f"anymail.backends.{service}.EmailBackend"
    return get_connection(backend, api_url=f"{base}/{service}/", **{key: secret})


def test_postmarker_sends_one_many_and_a_template(
    base: str, secret: str, tenant: Tenant, domain: SendingDomain, arrived: Arrived
) -> None:
    client = postmarker.core.PostmarkClient(server_token=secret, root_api_url=f"{base}/")
    sender = f'"Acme, Inc." <shop@{domain.name}>'
    one = {"From": sender, "Subject": "ご注文 17", "TextBody": "Thank you"}
    told = client.emails.send(
        **one,
        To=["a@gmail.test", "b@gmail.test"],
        Tag="order",
        Metadata={"order": "17"},
        Headers={"X-Order": "17"},
        Attachments=[{"Name": "a.txt", "Content": "YQ==", "ContentType": "text/plain"}],
        TrackOpens=False,
    )
    assert (told["ErrorCode"], told["Message"]) == (0, "OK")
    many = client.emails.send_batch(
        client.emails.Email(**one, To="c@gmail.test"), client.emails.Email(**one, To="nobody")
    )
    assert [line["ErrorCode"] for line in many] == [0, 300]
    filled = client.emails.send_with_template(
        TemplateAlias=template_of(tenant),
        TemplateModel={"name": "Taro", "number": 17},
        From=sender,
        To="d@gmail.test",
        Subject="Order",
    )
    assert filled["ErrorCode"] == 0
    with pytest.raises(postmarker.core.ClientError, match=r"\[400\]"):
        client.emails.send(**one | {"From": "x@not-ours.test"}, To="a@gmail.test")
    found = arrived()
    assert set(found) == {"a@gmail.test", "b@gmail.test", "c@gmail.test", "d@gmail.test"}
    check_letter(found["a@gmail.test"])
    check_letter(found["c@gmail.test"])
    assert found["a@gmail.test"]["X-Order"] == "17"
    html = found["d@gmail.test"].get_body(("html",))
    assert html is not None
    assert "Hello Taro, order 17" in html.get_content()


def test_resend_sends_reads_moves_and_cancels(
    base: str, secret: str, tenant: Tenant, domain: SendingDomain, arrived: Arrived, monkeypatch: Any
) -> None:
    monkeypatch.setattr(resend, "api_key", secret)
    monkeypatch.setattr(resend, "api_url", f"{base}/resend")
    one: Any = {
        "from": f'"Acme, Inc." <shop@{domain.name}>',
        "to": ["a@gmail.test"],
        "subject": "ご注文 17",
        "text": "Thank you",
        "tags": [{"name": "order", "value": "17"}],
        "attachments": [{"filename": "a.txt", "content": list(b"a")}],
    }
    options: Any = {"idempotency_key": "order-17"}
    first, again = resend.Emails.send(one, options), resend.Emails.send(one, options)
    assert first["id"] == again["id"]
    waits = resend.Emails.send(one | {"to": "later@gmail.test", "scheduled_at": "2026-12-20T00:00:00Z"})
    resend.Emails.update({"id": waits["id"], "scheduled_at": "2026-12-21T00:00:00Z"})
    assert resend.Emails.get(waits["id"])["last_event"] == "scheduled"
    resend.Emails.cancel(waits["id"])
    assert resend.Emails.get(waits["id"])["last_event"] == "canceled"
    batch = resend.Batch.send([one | {"to": [f"b{place}@gmail.test"]} for place in range(3)])
    assert len(batch["data"]) == 3
    with pytest.raises(resend.exceptions.ResendError, match="not verified"):
        resend.Emails.send(one | {"from": "x@not-ours.test"})
    found = arrived()
    assert set(found) == {"a@gmail.test", "b0@gmail.test", "b1@gmail.test", "b2@gmail.test"}
    check_letter(found["a@gmail.test"])
    assert resend.Emails.get(first["id"])["last_event"] == "delivered"
    assert submissions(tenant)[0].metadata == {"order": "17"}
