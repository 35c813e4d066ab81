"""Django's mail goes the same way as all mail: as a submission of the system tenant."""

from email.mime.text import MIMEText
from typing import Any

import pytest
from django.core.mail import EmailMessage, EmailMultiAlternatives, get_connection, send_mail
from django.db import transaction

from accounts.exceptions import DomainNotVerified
from accounts.models import Tenant
from accounts.tenancy import SYSTEM_TENANT_ID, system_scope, tenant_scope
from campaigns.models import Content
from delivery.exceptions import BadSubmission
from delivery.models import Message, QueueEntry, Submission
from delivery.models.stream import Stream
from tests.delivery.builders import make_domain

SENDER = "Relay <no-reply@mail.relay-operator.test>"


@pytest.fixture
def backend(db: None, settings: Any) -> Any:
    """The backend that settings name, with a verified domain of the system tenant."""
    settings.EMAIL_BACKEND = "delivery.backend.RelayEmailBackend"
    make_domain(SYSTEM_TENANT_ID, "mail.relay-operator.test")
    return get_connection()


def submissions() -> list[Submission]:
    with system_scope():
        return list(Submission.objects.all())


def test_mail_of_the_installation_is_queued_for_the_system_tenant(backend: Any) -> None:
    assert send_mail("Reset", "Click here", SENDER, ["a@one.test", "B <b@one.test>"]) == 1
    (submission,) = submissions()
    with system_scope():
        messages = list(Message.objects.order_by("id").values_list("rcpt", "stream"))
        content = Content.objects.get()
        assert QueueEntry.objects.count() == 2
    assert messages == [("a@one.test", Stream.SYSTEM), ("b@one.test", Stream.SYSTEM)]
    assert (submission.channel, submission.to) == ("system", ["a@one.test", "B <b@one.test>"])
    assert (content.from_name, content.text, content.html) == ("Relay", "Click here", None)
    assert not content.is_template


def test_every_part_of_a_message_comes_along(backend: Any) -> None:
    message = EmailMultiAlternatives(
        "Hello", "text", SENDER, ["a@one.test"], cc=["c@one.test"], bcc=["d@one.test"],
        reply_to=["help@one.test"], headers={"X-Kind": "invitation"},
    )  # fmt: skip
    message.attach_alternative("<p>html</p>", "text/html")
    message.attach("a.txt", "content", "text/plain")
    message.attach(MIMEText("part"))
    assert message.send() == 1
    with system_scope():
        content = Content.objects.get()
        assert Message.objects.count() == 3
    assert (content.text, content.html, content.reply_to) == ("text", "<p>html</p>", "help@one.test")
    assert content.headers == [["X-Kind", "invitation"]]
    assert [(file["name"], file["content"]) for file in content.attachments] == [
        ("a.txt", "Y29udGVudA=="),
        ("attachment", "cGFydA=="),
    ]


def test_a_body_of_html_is_no_text(backend: Any) -> None:
    message = EmailMessage("Hello", "<p>html</p>", SENDER, ["a@one.test"])
    message.content_subtype = "html"
    message.send()
    with system_scope():
        content = Content.objects.get()
    assert (content.text, content.html) == (None, "<p>html</p>")


def test_an_unverified_sender_is_refused_and_logged(backend: Any, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(DomainNotVerified):
        send_mail("Reset", "x", "relay@elsewhere.test", ["a@one.test"])
    assert "system mail from relay@elsewhere.test was not accepted: domain_not_verified" in caplog.text
    assert send_mail("Reset", "x", "relay@elsewhere.test", ["a@one.test"], fail_silently=True) == 0
    with pytest.raises(BadSubmission):
        send_mail("Reset", "x", "relay@localhost", ["a@one.test"])
    assert submissions() == []


def test_mail_without_a_recipient_is_no_mail(backend: Any) -> None:
    assert EmailMessage("Hello", "x", SENDER, []).send() == 0
    assert submissions() == []


def test_what_the_caller_rolls_back_is_not_sent(backend: Any) -> None:
    with transaction.atomic():
        send_mail("Reset", "x", SENDER, ["a@one.test"])
        transaction.set_rollback(True)
    assert submissions() == []


def test_inside_a_tenants_scope_it_is_written_after_the_commit(
    backend: Any, tenant: Tenant, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True), tenant_scope(tenant.pk):
        assert send_mail("Invitation", "x", SENDER, ["a@one.test"]) == 1
        assert not Submission.objects.exists()
    assert len(submissions()) == 1
