"""What comes in by mail and what follows: complaints, answers, roles; forged things follow nothing."""

import re
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes
from uuid import UUID

import pytest
from django.utils import timezone

from accounts.models import SendingDomain, Tenant
from accounts.tenancy import SYSTEM_TENANT_ID, tenant_scope
from campaigns.models import Suppression
from campaigns.services.suppression import resubscribe, unsubscribe
from delivery.engine.compose import Composer
from delivery.engine.content import prepare
from delivery.inbound.address import Destination, find_destination, looks_forged, token_keys
from delivery.inbound.mail import handle, keep, receive
from delivery.inbound.refusals import Refusals
from delivery.models import Attempt, AttemptState, Counter, InboundMail, InboundRefusal, QueueEntry
from delivery.models.stream import Stream
from delivery.services.submission import submit
from relay_saas.mail.dkim import generate_key, load_key
from relay_saas.mail.tokens import Purpose, Token, TokenKeys, encode
from tests.delivery.engine.jobs import a_job
from tests.delivery.engine.test_composing import ROW
from tests.delivery.reports import feedback, feedback_about, report
from tests.delivery.test_late_bounce import sent, sums
from tests.delivery.test_submission import SPEC

TARO = "taro@gmail.test"
FBL = "fbl@relay.test"
PEM = generate_key("ed25519-sha256")[0]


def trace(tenant: Tenant, message: UUID, domain: SendingDomain) -> str:
    token = Token(Purpose.TRACE, tenant.number, message)
    return f"{encode(token, domain.name, token_keys())}@{domain.name}"


def arrives(raw: bytes, rcpt: str = FBL) -> InboundMail:
    """Takes and handles a mail as the server does."""
    destination = find_destination(rcpt, token_keys())
    assert destination is not None
    tenant_id, number = receive(
        destination=destination, keys=token_keys(), mail_from="x@loop.test", rcpt=rcpt, raw=raw
    )
    handle(tenant_id=tenant_id, inbound_id=number)
    with tenant_scope(tenant_id):
        return InboundMail.objects.get(pk=number)


def suppressions(tenant: Tenant) -> list[tuple[str, str, str]]:
    with tenant_scope(tenant.pk):
        return list(Suppression.objects.values_list("email_key", "scope", "reason"))


def last(tenant: Tenant, message: UUID) -> tuple[AttemptState, str]:
    with tenant_scope(tenant.pk):
        attempt = Attempt.objects.filter(message_id=message).order_by("-number")[0]
    return AttemptState(attempt.state), attempt.category


def test_a_complaint_stops_marketing_at_once(tenant: Tenant, domain: SendingDomain) -> None:
    message = sent(tenant, AttemptState.DELIVERED)
    waiting = (
        submit(tenant_id=tenant.pk, spec=replace(SPEC, text="y", stream=Stream.MARKETING)).messages[0].id
    )
    mail = arrives(feedback(trace(tenant, message, domain)))
    assert (mail.kind, mail.tenant_id, mail.message_id) == ("complaint", tenant.pk, message)
    assert suppressions(tenant) == [(TARO, "marketing", "complained")]
    with tenant_scope(tenant.pk):
        assert not QueueEntry.objects.filter(message_id=waiting).exists()


def test_transactional_mail_goes_on_and_the_operator_is_warned(
    tenant: Tenant, domain: SendingDomain, caplog: pytest.LogCaptureFixture
) -> None:
    message = sent(tenant, AttemptState.DELIVERED)
    waiting = submit(tenant_id=tenant.pk, spec=replace(SPEC, text="y")).messages[0].id
    arrives(feedback(trace(tenant, message, domain)))
    with tenant_scope(tenant.pk):
        assert QueueEntry.objects.filter(message_id=waiting).exists()
    assert "complaint about transactional mail" in caplog.text
    submit(tenant_id=tenant.pk, spec=replace(SPEC, text="z"))


@pytest.mark.parametrize("kind", ["not-spam", "auth-failure"])
def test_the_opposite_of_a_complaint_stops_nothing(tenant: Tenant, domain: SendingDomain, kind: str) -> None:
    message = sent(tenant, AttemptState.DELIVERED)
    mail = arrives(feedback(trace(tenant, message, domain), kind=kind))
    assert suppressions(tenant) == []
    assert mail.handled_at is not None
    assert mail.told_at is not None


@pytest.mark.parametrize(
    "forge",
    [
        lambda text: text.replace("t", "u", 1),
        lambda text: text.replace(text[30], "a" if text[30] != "a" else "b"),
    ],
    ids=["another purpose", "another message"],
)
def test_a_forged_complaint_is_kept_and_stops_nothing(tenant: Tenant, domain: SendingDomain, forge) -> None:
    message = sent(tenant, AttemptState.DELIVERED)
    mail = arrives(feedback(forge(trace(tenant, message, domain))))
    assert (mail.kind, mail.tenant_id, mail.message_id) == ("complaint", SYSTEM_TENANT_ID, None)
    assert mail.handled_at is not None
    assert suppressions(tenant) == []


def composed(tenant: Tenant, message: UUID, *, keys: TokenKeys | None = None) -> bytes:
    """What went over the wire for this message."""
    key = load_key(domain="news.acme.test", selector="e1", algorithm="ed25519-sha256", pem=PEM)
    composer = Composer(token_keys=keys or token_keys(), edge_scheme="https", edge_port="")
    job = a_job(tenant_number=tenant.number, message_id=message, rcpt=TARO)
    return composer.compose(job, prepare(ROW | {"html": None}, [key]), dated_at=timezone.now()).data


def without_addresses(original: bytes) -> bytes:
    """As a careful provider redacts: whatever looks like an address or a link (RFC 6590)."""
    head = original.partition(b"\r\n\r\n")[0]
    return re.sub(rb"https?://[^\s>]+|[^\s<>:,;]+@[^\s<>;,]+", b"redacted", head)


def test_a_complaint_without_one_address_is_known_by_what_we_signed(
    tenant: Tenant, domain: SendingDomain
) -> None:
    message = sent(tenant, AttemptState.DELIVERED)
    redacted = without_addresses(composed(tenant, message))
    assert b"@" not in redacted
    mail = arrives(feedback_about(redacted))
    assert (mail.kind, mail.tenant_id, mail.message_id) == ("complaint", tenant.pk, message)
    assert suppressions(tenant) == [(TARO, "marketing", "complained")]


def test_a_complaint_with_identifiers_of_another_key_is_kept_and_dropped(
    tenant: Tenant, domain: SendingDomain
) -> None:
    message = sent(tenant, AttemptState.DELIVERED)
    forged = composed(tenant, message, keys=TokenKeys({next(iter(token_keys().keys)): b"f" * 32}, 1))
    for original in (forged, without_addresses(forged)):
        mail = arrives(feedback_about(original))
        assert (mail.kind, mail.tenant_id, mail.message_id) == ("complaint", SYSTEM_TENANT_ID, None)
        assert mail.handled_at is not None
    assert suppressions(tenant) == []
    assert last(tenant, message)[0] is AttemptState.DELIVERED


def test_the_address_in_the_message_takes_its_report_and_forged_ones_are_refused(
    tenant: Tenant, domain: SendingDomain
) -> None:
    message = sent(tenant, AttemptState.DELIVERED)
    head = message_from_bytes(composed(tenant, message))
    address = head["CFBL-Address"].partition(";")[0]
    said = f"Message-ID: {head['Message-ID']}\r\nCFBL-Feedback-ID: {head['CFBL-Feedback-ID']}\r\n"
    mail = arrives(feedback_about(said.encode()), rcpt=address)
    assert (mail.kind, mail.message_id, mail.rcpt) == ("complaint", message, address)
    assert suppressions(tenant) == [(TARO, "marketing", "complained")]
    forged = message_from_bytes(composed(tenant, message, keys=TokenKeys({1: b"f" * 32}, 1)))["CFBL-Address"]
    assert find_destination(forged.partition(";")[0], token_keys()) is None
    assert looks_forged(forged.partition(";")[0])


def test_a_message_id_alone_proves_nothing(tenant: Tenant, domain: SendingDomain) -> None:
    message = sent(tenant, AttemptState.DELIVERED)
    mail = arrives(feedback(f"{message.hex}@{domain.name}"))
    assert mail.message_id is None
    assert suppressions(tenant) == []


def test_a_complaint_to_the_return_path_is_one_too(tenant: Tenant, domain: SendingDomain) -> None:
    message = sent(tenant, AttemptState.DELIVERED)
    host = f"rp.{domain.name}"
    address = f"{encode(Token(Purpose.RETURN_PATH, tenant.number, message), host, token_keys())}@{host}"
    mail = arrives(feedback("redacted"), rcpt=address)
    assert (mail.kind, mail.message_id, mail.rcpt) == ("complaint", message, address)
    assert suppressions(tenant) == [(TARO, "marketing", "complained")]


def test_who_complained_cannot_be_subscribed_again_by_undoing_an_opt_out(
    tenant: Tenant, domain: SendingDomain
) -> None:
    message = sent(tenant, AttemptState.DELIVERED)
    key = {"tenant_id": tenant.pk, "email_key": TARO, "contact_id": None, "mailing_list_id": None}
    unsubscribe(**key, source="page")
    arrives(feedback(trace(tenant, message, domain)))
    resubscribe(**key, source="undo")
    assert suppressions(tenant) == [(TARO, "marketing", "complained")]


ANSWER = b"From: taro@gmail.test\r\nSubject: Re: hello\r\n\r\nThank you\r\n"
AWAY = b"From: taro@gmail.test\r\nSubject: Out of office\r\nAuto-Submitted: auto-replied\r\n\r\nAway\r\n"
SEEN = (
    b"From: taro@gmail.test\r\nContent-Type: multipart/report; boundary=r\r\n\r\n--r\r\n"
    b"Content-Type: message/disposition-notification\r\n\r\nDisposition: manual-action; displayed\r\n\r\n"
    b"--r--\r\n"
)


@pytest.mark.parametrize(
    ("raw", "kind", "after"),
    [
        (ANSWER, "reply", (AttemptState.DELIVERED, "replied")),
        (AWAY, "auto_reply", (AttemptState.DELIVERED, "answered")),
        (SEEN, "reply", (AttemptState.DELIVERED, "replied")),
        (report(action="delivered", status="2.0.0"), "dsn", (AttemptState.DELIVERED, "reported")),
        (report(action="relayed", status="2.0.0"), "dsn", (AttemptState.DELIVERED, "reported")),
        (report(action="delayed", status="4.4.1"), "dsn", (AttemptState.IN_DOUBT, "")),
        (report(), "dsn", (AttemptState.BOUNCED, "recipient_unknown")),
    ],
    ids=["a reply", "a program's answer", "a receipt", "delivered", "relayed", "delayed", "failed"],
)
def test_a_doubt_ends_with_what_comes_back(
    tenant: Tenant, domain: SendingDomain, raw: bytes, kind: str, after: tuple[AttemptState, str]
) -> None:
    message = sent(tenant, AttemptState.IN_DOUBT)
    token = Token(Purpose.RETURN_PATH, tenant.number, message)
    number = keep(tenant_id=tenant.pk, token=token, mail_from="", raw=raw)
    handle(tenant_id=tenant.pk, inbound_id=number)
    with tenant_scope(tenant.pk):
        assert InboundMail.objects.get().kind == kind
    assert last(tenant, message) == after
    moved = after[0] is not AttemptState.IN_DOUBT
    assert sums(tenant, Counter).get(AttemptState.IN_DOUBT) == (0 if moved else 1)
    assert sums(tenant, Counter).get(after[0]) == 1


@pytest.mark.parametrize("raw", [ANSWER, AWAY])
def test_an_answer_is_no_bounce_and_no_opt_out(tenant: Tenant, domain: SendingDomain, raw: bytes) -> None:
    message = sent(tenant, AttemptState.DELIVERED)
    token = Token(Purpose.RETURN_PATH, tenant.number, message)
    handle(tenant_id=tenant.pk, inbound_id=keep(tenant_id=tenant.pk, token=token, mail_from="", raw=raw))
    assert last(tenant, message)[0] is AttemptState.DELIVERED
    assert suppressions(tenant) == []


def test_a_servers_report_to_the_unsubscribe_address_ends_nothing(
    tenant: Tenant, domain: SendingDomain
) -> None:
    message = sent(tenant, AttemptState.DELIVERED)
    token = Token(Purpose.MAILTO, tenant.number, message)
    handle(tenant_id=tenant.pk, inbound_id=keep(tenant_id=tenant.pk, token=token, mail_from="", raw=report()))
    assert suppressions(tenant) == []
    assert last(tenant, message)[0] is AttemptState.DELIVERED


@pytest.mark.parametrize("name", ["postmaster", "abuse", "ABUSE", "fbl"])
def test_role_addresses_belong_to_who_owns_the_name(tenant: Tenant, domain: SendingDomain, name: str) -> None:
    for host in (domain.name, f"rp.{domain.name}", f"t.{domain.name}", f"T.{domain.name}."):
        found = find_destination(f"{name}@{host}", token_keys())
        assert found == Destination(tenant_id=tenant.pk), host
    for host in ("relay.test", "inbound.relay.test"):
        assert find_destination(f"{name}@{host}", token_keys()) == Destination(tenant_id=SYSTEM_TENANT_ID)
    for host in ("gmail.test", f"x.{domain.name}", "news.acme", ""):
        assert find_destination(f"{name}@{host}", token_keys()) is None, host


def test_postmaster_needs_no_domain() -> None:
    assert find_destination("postmaster", token_keys()) == Destination(tenant_id=SYSTEM_TENANT_ID)
    assert find_destination("abuse", token_keys()) is None


def test_an_unverified_name_has_no_role_address(tenant: Tenant, domain: SendingDomain) -> None:
    with tenant_scope(tenant.pk):
        SendingDomain.objects.update(state=SendingDomain.State.PENDING)
    assert find_destination(f"abuse@{domain.name}", token_keys()) is None


def test_mail_to_a_role_is_kept_for_the_operator_and_does_nothing(
    tenant: Tenant, domain: SendingDomain
) -> None:
    mail = arrives(b"From: a@b.test\r\nSubject: Your spam\r\n\r\nStop it\r\n", rcpt=f"abuse@{domain.name}")
    assert (mail.kind, mail.tenant_id, mail.rcpt) == ("role", tenant.pk, f"abuse@{domain.name}")
    assert mail.handled_at is not None


def test_refused_addresses_are_counted_by_the_day(db: None) -> None:
    refusals = Refusals()
    for _ in range(3):
        refusals.count(InboundRefusal.Reason.FORGED, peer="192.0.2.1", rcpt="b" + "a" * 56 + "@x.test\0")
    refusals.write()
    refusals.count(InboundRefusal.Reason.FORGED, peer="192.0.2.2", rcpt="y")
    refusals.write()
    refusals.write()
    row = InboundRefusal.objects.get()
    assert (row.reason, row.n, row.peer, row.rcpt) == ("forged", 4, "192.0.2.2", "y")
    assert timezone.now() - row.last_at < timedelta(minutes=1)


@pytest.mark.parametrize(
    ("address", "forged"),
    [("b" + "a" * 56 + "@x.test", True), ("T" + "Z" * 56 + "@x.test", True),
     ("b" + "a" * 55 + "@x.test", False), ("z" + "a" * 56 + "@x.test", False), ("info@x.test", False)],
)  # fmt: skip
def test_a_forged_token_is_told_from_a_stranger(address: str, forged: bool) -> None:
    assert looks_forged(address) is forged
