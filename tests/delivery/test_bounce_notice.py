"""Reports to a mailbox's owner: what was asked for, once, to the credential's address, never to strangers."""

import email
from dataclasses import replace
from datetime import timedelta
from email import policy
from email.message import EmailMessage
from typing import Any

import pytest
from django.utils import timezone

from accounts.audit import SYSTEM
from accounts.models import SendingDomain, SmtpCredential, Tenant
from accounts.services import smtp_credentials
from accounts.services.smtp_draft import CredentialDraft
from accounts.tenancy import SYSTEM_TENANT_ID, system_scope, tenant_scope
from campaigns.models import Suppression
from campaigns.services.suppression import suppress
from delivery.inbound.late_bounce import bounce_late
from delivery.models import AttemptState, Message, NoticeRequest, QueueEntry, RawMail, Submission
from delivery.services import bounce_notice
from delivery.services.bounce_notice import tell_due
from delivery.services.raw_spec import Notice, RecipientNotice
from relay_saas.mail.dsn import Action, parse_dsn, parse_reports
from tests.delivery import raw
from tests.delivery.builders import make_domain
from tests.delivery.reports import report as remote_report
from tests.delivery.story import tried

OWNER = "taro@news.acme.test"
GONE = {"code": 550, "enhanced": "5.1.1", "host": "mx.gmail.test", "reply": "550 5.1.1 No such user here"}
SLOW = {"code": 451, "enhanced": "4.7.1", "host": "mx.gmail.test", "reply": "451 4.7.1 Try again"}


@pytest.fixture
def credential(tenant: Tenant, domain: SendingDomain, settings: Any) -> SmtpCredential:
    """Taro's Outlook; the system can send."""
    settings.DEFAULT_FROM_EMAIL = "Relay <no-reply@mail.relay-operator.test>"
    make_domain(SYSTEM_TENANT_ID, "mail.relay-operator.test")
    draft = CredentialDraft(name="Outlook", bounce_notice=OWNER)
    return smtp_credentials.create(tenant_id=tenant.pk, draft=draft, actor=SYSTEM)[0]


def sent(credential: SmtpCredential, *to: str, notice: Notice | None = None, **changes: Any) -> Submission:
    tenant = Tenant(pk=credential.tenant_id)
    options = {"smtp_credential_id": credential.pk, "bounce_notice": True, "notice": notice or Notice()}
    return raw.accept(tenant, to=to or ("taro@gmail.test",), **options | changes).submission


def ended(submission: Submission, state: AttemptState, **columns: Any) -> None:
    """Every message of it, as a queue run ends it."""
    tenant = Tenant(pk=submission.tenant_id)
    with tenant_scope(tenant.pk):
        ids = list(Message.objects.filter(submission_id=submission.pk).values_list("id", flat=True))
    for message_id in ids:
        tried(tenant, message_id, state, **columns)


def asked(*words: str, orcpt: str = "", **more: str) -> Notice:
    one = RecipientNotice(notify=words, orcpt=orcpt)
    return Notice(recipients={"taro@gmail.test": one}, **more)


def reports() -> list[bytes]:
    """Octets of the reports that were written, oldest first."""
    with system_scope():
        rows = RawMail.objects.order_by("content_id")
        return [bytes(row.head) + b"\r\n" + bytes(row.body) for row in rows]


def only() -> EmailMessage:
    (one,) = reports()
    return email.message_from_bytes(one, policy=policy.default)


def test_a_bounce_is_reported_to_the_credentials_own_address_from_nobody(credential: SmtpCredential) -> None:
    submission = sent(credential, envelope_from="somebody.else@elsewhere.test")
    assert tell_due() == 0
    ended(submission, AttemptState.BOUNCED, **GONE)
    assert tell_due() == 1
    message = only()
    assert (message["To"], message["Auto-Submitted"]) == (OWNER, "auto-replied")
    assert message["From"].addresses[0].addr_spec == "mailer-daemon@mail.relay-operator.test"
    assert "Order 17" in message["Subject"]
    (found,) = parse_reports(message.as_bytes())
    assert (found.action, found.status, found.final_recipient) == (Action.FAILED, "5.1.1", "taro@gmail.test")
    assert found.diagnostic == "550 5.1.1 No such user here"
    with system_scope():
        assert list(Message.objects.values_list("rcpt", flat=True)) == [OWNER]
        assert RawMail.objects.get().null_sender
        assert not NoticeRequest.objects.exists()


def test_it_is_reported_once(credential: SmtpCredential) -> None:
    ended(sent(credential), AttemptState.BOUNCED, **GONE)
    assert [tell_due(), tell_due()] == [1, 0]


def test_recipients_that_fail_together_stand_in_one_report(credential: SmtpCredential) -> None:
    ended(sent(credential, "a@gmail.test", "b@gmail.test"), AttemptState.BOUNCED, **GONE)
    tell_due()
    found = parse_reports(reports()[0])
    assert sorted(str(one.final_recipient) for one in found) == ["a@gmail.test", "b@gmail.test"]


@pytest.mark.parametrize(
    ("state", "status"),
    [
        (AttemptState.FAILED, "5.0.0"),
        (AttemptState.EXPIRED, "4.4.7"),
    ],
)
def test_what_failed_or_expired_is_reported(
    credential: SmtpCredential, state: AttemptState, status: str
) -> None:
    ended(sent(credential), state)
    assert tell_due() == 1
    found = parse_dsn(reports()[0])
    assert found is not None
    assert (found.action, found.status) == (Action.FAILED, status)


@pytest.mark.parametrize("state", [AttemptState.DELIVERED, AttemptState.CANCELLED, AttemptState.IN_DOUBT])
def test_nothing_is_said_of_what_arrived_or_was_stopped(
    credential: SmtpCredential, state: AttemptState
) -> None:
    ended(sent(credential), state)
    assert tell_due() == 0
    with tenant_scope(credential.tenant_id):
        assert not NoticeRequest.objects.filter(closed_at=None).exists()


def test_a_suppressed_recipient_is_reported_instead_of_being_silently_dropped(
    credential: SmtpCredential,
) -> None:
    suppress(
        tenant_id=credential.tenant_id,
        email_key="taro@gmail.test",
        scope=Suppression.Scope.ALL,
        reason=Suppression.Reason.BOUNCED,
    )
    sent(credential)
    assert tell_due() == 1
    found = parse_dsn(reports()[0])
    assert found is not None
    assert found.status == "5.7.1"


@pytest.mark.parametrize(
    ("words", "state", "told"),
    [
        (("NEVER",), AttemptState.BOUNCED, 0),
        (("SUCCESS",), AttemptState.BOUNCED, 0),
        (("SUCCESS",), AttemptState.DELIVERED, 1),
        (("SUCCESS", "FAILURE"), AttemptState.BOUNCED, 1),
        (("FAILURE",), AttemptState.DELIVERED, 0),
    ],
)
def test_notify_is_honoured(
    credential: SmtpCredential, words: tuple[str, ...], state: AttemptState, told: int
) -> None:
    columns = GONE if state is AttemptState.BOUNCED else {"code": 250, "enhanced": "2.0.0", "reply": "250 ok"}
    ended(sent(credential, notice=asked(*words)), state, **columns)
    assert tell_due() == told
    if state is AttemptState.DELIVERED and told:
        found = parse_dsn(reports()[0])
        assert found is not None
        assert (found.action, found.status) == (Action.RELAYED, "2.0.0")


def test_a_delay_is_said_once_where_it_was_asked_for_and_the_end_as_well(credential: SmtpCredential) -> None:
    submission = sent(credential, notice=asked("DELAY", "FAILURE"))
    with tenant_scope(credential.tenant_id):
        message_id = QueueEntry.objects.get().message_id
    tried(Tenant(pk=credential.tenant_id), message_id, AttemptState.DEFERRED, **SLOW)
    assert tell_due() == 0
    with tenant_scope(credential.tenant_id):
        NoticeRequest.objects.update(delay_at=timezone.now() - timedelta(seconds=1))
    assert [tell_due(), tell_due()] == [1, 0]
    found = parse_dsn(reports()[0])
    assert found is not None
    assert (found.action, found.status) == (Action.DELAYED, "4.7.1")
    ended(submission, AttemptState.BOUNCED, **GONE)
    assert tell_due() == 1


def test_envelope_id_original_recipient_and_the_whole_message_come_back(credential: SmtpCredential) -> None:
    notice = asked("FAILURE", orcpt="rfc822;Taro+2Bx@gmail.test", ret="FULL", envid="QQ+2B1")
    ended(sent(credential, notice=notice), AttemptState.BOUNCED, **GONE)
    tell_due()
    octets = reports()[0]
    assert b"Original-Envelope-Id: QQ+1\r\n" in octets
    assert b"Original-Recipient: rfc822;Taro+x@gmail.test\r\n" in octets
    *_others, returned = only().iter_parts()
    assert returned.get_content_type() == "message/rfc822"
    assert returned.get_content().get_content().split() == ["Hi"]


def test_without_ret_the_header_alone_comes_back(credential: SmtpCredential) -> None:
    ended(sent(credential), AttemptState.BOUNCED, **GONE)
    tell_due()
    *_others, returned = only().iter_parts()
    assert returned.get_content_type() == "text/rfc822-headers"
    assert "<1@shop>" in returned.get_payload()


def test_mail_from_nobody_is_never_reported(credential: SmtpCredential) -> None:
    ended(sent(credential, envelope_from=""), AttemptState.BOUNCED, **GONE)
    assert tell_due() == 0


def test_a_credential_without_an_address_asks_for_nothing(credential: SmtpCredential) -> None:
    ended(sent(credential, bounce_notice=False), AttemptState.BOUNCED, **GONE)
    with tenant_scope(credential.tenant_id):
        assert not NoticeRequest.objects.exists()
    assert tell_due() == 0


def test_an_address_that_is_not_ours_to_write_to_any_more_gets_nothing(
    credential: SmtpCredential, domain: SendingDomain
) -> None:
    submission = sent(credential)
    with tenant_scope(credential.tenant_id):
        SendingDomain.objects.filter(pk=domain.pk).update(state=SendingDomain.State.BROKEN)
    ended(submission, AttemptState.BOUNCED, **GONE)
    assert tell_due() == 0
    assert reports() == []


def test_a_bounce_that_comes_after_the_delivery_is_reported(credential: SmtpCredential) -> None:
    submission = sent(credential)
    ended(submission, AttemptState.DELIVERED, code=250, host="mx.gmail.test")
    assert tell_due() == 0
    with tenant_scope(credential.tenant_id):
        message_id = Message.objects.get().id
    found = parse_dsn(remote_report())
    assert found is not None
    assert bounce_late(tenant_id=credential.tenant_id, message_id=message_id, report=found)
    assert [tell_due(), tell_due()] == [1, 0]


def test_one_address_gets_only_so_many_reports_an_hour(
    credential: SmtpCredential, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounce_notice, "MOST_AN_HOUR", 2)
    for number in range(4):
        mail = raw.PLAIN.replace(b"<1@shop>", b"<%d@shop>" % number)
        options = replace(raw.OPTIONS, smtp_credential_id=credential.pk, bounce_notice=True)
        tenant = Tenant(pk=credential.tenant_id)
        accepted = raw.accept(tenant, mail, smtp_credential_id=options.smtp_credential_id, bounce_notice=True)
        ended(accepted.submission, AttemptState.BOUNCED, **GONE)
    assert tell_due() == 2
    assert tell_due() == 0
