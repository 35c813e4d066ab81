"""Whole messages: what goes out is what came, but for what the relay must write itself."""

import re
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import dkim
import pytest
from django.utils import timezone

from accounts.audit import SYSTEM
from accounts.exceptions import DomainNotVerified, DomainOfAnotherStream
from accounts.models import SendingDomain, Tenant
from accounts.services.stream_domains import set_stream_domain
from accounts.tenancy import tenant_scope
from campaigns.models import Content, Link, Suppression
from campaigns.services.suppression import suppress
from delivery.exceptions import BadSubmission
from delivery.models import Attempt, AttemptState, Message, QueueEntry, RawMail, Submission
from delivery.models.stream import Stream
from relay_saas.mail.ids import format_id
from relay_saas.mail.smtp.transaction import Outgoing
from tests.delivery.raw import FROM, PLAIN, accept, composed

pytestmark = pytest.mark.usefixtures("domain")


def parsed(outgoing: Outgoing) -> EmailMessage:
    found = message_from_bytes(outgoing.data, policy=policy.default)
    assert isinstance(found, EmailMessage)
    return found


def code_of(error: pytest.ExceptionInfo[BadSubmission]) -> str:
    return error.value.errors[0].code if error.value.errors else error.value.code


def verifies(outgoing: Outgoing, domain: SendingDomain) -> bool:
    """Every signature of ours, by another library."""
    with tenant_scope(domain.tenant_id):
        keys = {f"{key.selector}._domainkey.{domain.name}.": key.public_txt for key in domain.dkim_keys.all()}
    message = dkim.DKIM(outgoing.data)
    count = outgoing.data.count(b"DKIM-Signature: ")
    return count == 2 and all(
        message.verify(idx, dnsfunc=lambda name, **_: keys[name.decode()].encode()) for idx in range(count)
    )


def test_the_body_leaves_byte_for_byte_and_signed(tenant: Tenant, domain: SendingDomain) -> None:
    body = (
        b"--b\r\nContent-Type: text/plain\r\n\r\n  two  blanks \t\r\n.dot\r\nFrom here\r\n\r\n"
        b"--b\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: 8bit\r\n\r\n\xff\xfe\r\n"
        b"--b--\r\n\r\n\r\n"
    )
    head = FROM + b"To: taro@gmail.test\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n"
    (outgoing,) = composed(tenant, accept(tenant, head + b"X-Odd:  folded\r\n\t value\r\n\r\n" + body))
    assert outgoing.data.partition(b"\r\n\r\n")[2] == body
    assert b"X-Odd:  folded\r\n\t value\r\n" in outgoing.data
    assert not outgoing.clean
    assert verifies(outgoing, domain)


def test_what_is_missing_is_added_and_what_is_not_stays(tenant: Tenant) -> None:
    accepted = accept(tenant, FROM + b"\r\nHi\r\n")
    (outgoing,) = composed(tenant, accepted)
    message = parsed(outgoing)
    assert message["Message-ID"] == f"<{accepted.submission.pk.hex}@news.acme.test>"
    assert abs(message["Date"].datetime - timezone.now()) < timedelta(minutes=1)
    assert format_id("em", accepted.submission.pk) in message["Received"]
    (kept,) = composed(tenant, accept(tenant))
    assert (parsed(kept)["Message-ID"], kept.data.count(b"\r\nDate: now\r\n")) == ("<1@shop>", 1)


def test_what_others_or_we_write_is_removed(tenant: Tenant) -> None:
    removed = {
        "Bcc": "secret@one.test", "Return-Path": "<x@y.test>", "DKIM-Signature": "v=1; d=foreign.test",
        "Authentication-Results": "mx; dkim=pass", "ARC-Seal": "i=1", "Resent-Bcc": "secret@one.test",
        "Feedback-ID": "1:2:3:other", "CFBL-Address": "x@y.test", "X-Relay-Trace": "abc@news.acme.test",
        "Delivered-To": "x@y.test",
    }  # fmt: skip
    lines = "".join(f"{name}: {value}\r\n" for name, value in removed.items()).encode()
    (outgoing,) = composed(tenant, accept(tenant, lines + PLAIN, to=("secret@one.test",)))
    message = parsed(outgoing)
    assert b"secret" not in outgoing.data
    assert b"foreign" not in outgoing.data
    assert not {"bcc", "return-path", "authentication-results", "arc-seal", "delivered-to"} & {
        name.lower() for name in message
    }
    assert [len(message.get_all(name)) for name in ("Feedback-ID", "CFBL-Address", "X-Relay-Trace")] == [
        1
    ] * 3
    assert message["To"] == "taro@gmail.test"
    assert outgoing.rcpt == "secret@one.test"


def test_one_submission_has_a_message_for_each_address_of_the_envelope(tenant: Tenant) -> None:
    suppress(
        tenant_id=tenant.pk,
        email_key="gone@one.test",
        scope=Suppression.Scope.ALL,
        reason=Suppression.Reason.BOUNCED,
    )
    accepted = accept(tenant, to=("Taro@gmail.test", "gone@one.test", "taro@GMAIL.test", "a@one.test"))
    assert [(one.address, one.suppressed) for one in accepted.messages] == [
        ("Taro@gmail.test", False),
        ("gone@one.test", True),
        ("a@one.test", False),
    ]
    with tenant_scope(tenant.pk):
        assert Submission.objects.get().to == ["taro@gmail.test"]
        assert QueueEntry.objects.count() == 2
        attempt = Attempt.objects.get()
    assert (attempt.state, attempt.category) == (AttemptState.SUPPRESSED, "bounced")


def test_the_null_sender_leaves_as_it_came(tenant: Tenant) -> None:
    (outgoing,) = composed(tenant, accept(tenant, envelope_from=""))
    assert outgoing.mail_from == ""
    (other,) = composed(tenant, accept(tenant, PLAIN.replace(b"1@shop", b"2@shop")))
    assert other.mail_from.endswith("@rp.news.acme.test")


@pytest.mark.parametrize(
    ("head", "options", "code"),
    [
        (b"", {"allowed_from": ("billing@news.acme.test",)}, "from_not_allowed"),
        (b"Sender: who\r\n", {}, "bad_sender"),
        (b"Sender: a@b.test, c@d.test\r\n", {}, "bad_sender"),
        (b"X-Relay-Colour: red\r\n", {}, "unknown_option"),
        (b"X-Relay-Stream: system\r\n", {}, "bad_option"),
        (b"X-Relay-Send-At: tomorrow\r\n", {}, "bad_option"),
        (b"X-Relay-Send-At: 2036-01-01T00:00:00+09:00\r\n", {}, "bad_option"),
        (b"X-Relay-Track-Opens: perhaps\r\n", {}, "bad_option"),
        (b"X-Relay-Idempotency-Key: \r\n", {}, "bad_option"),
        (b"X-Relay-Tag: " + b"x" * 65 + b"\r\n", {}, "bad_tags"),
        (b"X-Relay-Metadata-a: " + b"x" * 501 + b"\r\n", {}, "bad_metadata"),
    ],
)
def test_what_may_not_be_is_refused_by_name(
    tenant: Tenant, head: bytes, options: dict[str, Any], code: str
) -> None:
    with pytest.raises(BadSubmission) as caught:
        accept(tenant, head + PLAIN, **options)
    assert code_of(caught) == code
    with tenant_scope(tenant.pk):
        assert not Submission.objects.exists()


def test_from_and_sender_must_be_domains_of_the_organization(tenant: Tenant, domain: SendingDomain) -> None:
    with pytest.raises(DomainNotVerified) as caught:
        accept(tenant, PLAIN.replace(b"news.acme.test", b"bank.test"))
    assert caught.value.errors[0].pointer == "/headers/From"
    with pytest.raises(DomainNotVerified) as caught:
        accept(tenant, b"Sender: boss@bank.test\r\n" + PLAIN)
    assert caught.value.errors[0].pointer == "/headers/Sender"
    accept(tenant, b"Sender: office@news.acme.test\r\n" + PLAIN, allowed_from=("*@news.acme.test",))
    set_stream_domain(tenant_id=tenant.pk, stream=Stream.MARKETING, domain_id=domain.pk, actor=SYSTEM)
    with pytest.raises(DomainOfAnotherStream):
        accept(tenant)


def test_options_of_the_header_are_taken_and_not_sent(tenant: Tenant) -> None:
    head = (
        b"X-Relay-Tag: receipt, vip\r\nX-Relay-Tag: =?utf-8?b?5rOo5paH?=\r\nX-Relay-Metadata-Order: 17\r\n"
        b"X-Relay-Send-At: 2026-11-30T09:00:00+09:00\r\nX-Relay-Idempotency-Key: k1\r\n"
        b"X-Relay-Stream: transactional\r\nX-Relay-Track-Opens: off\r\n"
    )
    send_at = timezone.now() + timedelta(hours=2)
    head = head.replace(b"2026-11-30T09:00:00+09:00", send_at.isoformat().encode())
    accepted = accept(tenant, head + PLAIN)
    with tenant_scope(tenant.pk):
        submission = Submission.objects.get()
        entry = QueueEntry.objects.get()
    assert (submission.tags, submission.metadata) == (["receipt", "vip", "注文"], {"Order": "17"})
    assert (submission.channel, submission.smtp_credential_id) == ("smtp", 7)
    assert entry.next_attempt_at == send_at
    (outgoing,) = composed(tenant, accepted)
    assert re.findall(rb"X-Relay-[A-Za-z-]+", outgoing.data) == [b"X-Relay-Trace"]


HTML = (
    b"MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n"
    b"--b\r\nContent-Type: text/plain; charset=iso-8859-1\r\n\r\nsee https://shop.test/\xe9 or {{ x }}\r\n"
    b'--b\r\nContent-Type: text/html\r\nContent-ID: <h>\r\n\r\n<a href="https://shop.test/">{{ name }}</a>'
    b' <a href="{{ unsubscribe_url }}">stop</a>\r\n--b--\r\n'
)


def test_links_and_opens_are_tracked_where_it_is_asked_for(tenant: Tenant, domain: SendingDomain) -> None:
    raw = PLAIN.partition(b"\r\n\r\n")[0] + b"\r\n" + HTML
    (outgoing,) = composed(tenant, accept(tenant, raw, track_opens=True, track_clicks=True))
    message = parsed(outgoing)
    html = message.get_body(("html",))
    assert html is not None
    assert html["Content-ID"] == "<h>"
    assert re.search(
        r'<a href="https?://t\.news\.acme\.test[:\d]*/c/c[a-z2-7]{56}">{{ name }}', html.get_content()
    )
    assert "/o/o" in html.get_content()
    plain = message.get_body(("plain",))
    assert plain is not None
    assert "{{ x }}" in plain.get_content()
    assert "List-Unsubscribe" not in message
    assert verifies(outgoing, domain)
    with tenant_scope(tenant.pk):
        assert Link.objects.count() >= 1


def test_marketing_has_our_list_fields_and_nobody_elses(tenant: Tenant, domain: SendingDomain) -> None:
    own = b"List-Unsubscribe: <https://elsewhere.test/>\r\nList-Id: <x.y>\r\nX-Relay-Stream: marketing\r\n"
    raw = own + PLAIN.partition(b"\r\n\r\n")[0] + b"\r\n" + HTML
    one, two = composed(tenant, accept(tenant, raw, to=("a@one.test", "b@two.test")))
    for outgoing in (one, two):
        message = parsed(outgoing)
        (targets,) = message.get_all("List-Unsubscribe")
        url = re.search(r"<(http[^>]+)>", targets)
        assert url is not None
        assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert "elsewhere" not in outgoing.data.decode("latin-1")
        assert f'<a href="{url[1]}">stop</a>' in message.get_body(("html",)).get_content()
        assert verifies(outgoing, domain)
    assert one.data.partition(b"\r\n\r\n")[2] != two.data.partition(b"\r\n\r\n")[2]


def test_a_link_that_cannot_be_tracked_is_left_alone(tenant: Tenant) -> None:
    raw = FROM + b'Content-Type: text/html\r\n\r\n<a href="https://u:p@evil.test:99999/">x</a>\r\n'
    (outgoing,) = composed(tenant, accept(tenant, raw, track_clicks=True))
    assert "https://u:p@evil.test:99999/" in parsed(outgoing).get_content()


def test_signed_mail_is_never_opened(tenant: Tenant, domain: SendingDomain) -> None:
    body = (
        b"--s\r\nContent-Type: text/html\r\n\r\n<a href=https://shop.test/>x</a>\r\n"
        b"--s\r\nContent-Type: application/pgp-signature\r\n\r\nabc\r\n--s--\r\n"
    )
    head = FROM + b'Content-Type: multipart/signed; boundary=s; protocol="application/pgp-signature"\r\n\r\n'
    (outgoing,) = composed(tenant, accept(tenant, head + body, track_opens=True, track_clicks=True))
    assert outgoing.data.partition(b"\r\n\r\n")[2] == body
    assert verifies(outgoing, domain)


def test_header_text_beyond_ascii_needs_no_smtputf8_but_an_address_does(tenant: Tenant) -> None:
    raw = "From: 店 <shop@news.acme.test>\r\nTo: taro@gmail.test\r\nSubject: 注文\r\n\r\nはい\r\n".encode()
    (outgoing,) = composed(tenant, accept(tenant, raw))
    assert not outgoing.smtputf8
    assert parsed(outgoing)["Subject"] == "注文"
    assert outgoing.data.endswith("\r\n\r\nはい\r\n".encode())
    (other,) = composed(tenant, accept(tenant, raw, to=("用@one.test",)))
    assert other.smtputf8


def test_the_octets_are_kept_and_shown_to_their_organization_alone(tenant: Tenant) -> None:
    accept(tenant)
    with tenant_scope(tenant.pk):
        content = Content.objects.get()
        raw = RawMail.objects.get(content_id=content.pk)
        assert Message.objects.get().content_id == content.pk
    assert bytes(raw.body) == b"Hi\r\n"
    assert (content.subject, content.from_name, content.html) == ("Order 17", "Acme", None)
