"""Mail by SMTP for real: TLS, sign-in, 250 after commit, and the same message once."""

import base64
import smtplib
import ssl
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path

import psycopg
import pytest
from django.conf import settings

from accounts.audit import SYSTEM
from accounts.services.smtp_credentials import create, revoke
from accounts.services.smtp_draft import CredentialDraft
from accounts.tenancy import tenant_scope
from campaigns.models import Suppression
from campaigns.services.suppression import suppress
from delivery.models import RawMail
from delivery.submission.server import SubmissionServer
from relay_saas.mail.ids import parse_id
from tests.integration.submission import HOST, QUICK, Client, Shop, make_shop, queue_id, serving, signed_in
from tests.integration.waiting import until

pytestmark = pytest.mark.usefixtures("committed")


@pytest.fixture
def server(committed: None, tmp_path: Path) -> Iterator[SubmissionServer]:
    with serving(tmp_path) as running:
        yield running


@pytest.fixture
def shop(committed: None) -> Shop:
    return make_shop()


@pytest.mark.parametrize("implicit", [False, True], ids=["STARTTLS", "TLS"])
def test_a_program_of_today_hands_its_mail_over(
    server: SubmissionServer, shop: Shop, tmp_path: Path, implicit: bool
) -> None:
    context = ssl.create_default_context(cafile=str(tmp_path / "server.pem"))
    context.check_hostname = False
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Bcc"] = f"Shop <{shop.sender}>", "taro@one.test", "boss@two.test"
    mail["Subject"] = "ご注文"
    mail.set_content("ありがとう\n")
    mail.add_attachment(b"\0\xff", maintype="application", subtype="pdf", filename="請求書.pdf")
    if implicit:
        client: smtplib.SMTP = smtplib.SMTP_SSL("127.0.0.1", server.ports[1], context=context, timeout=20)
    else:
        client = smtplib.SMTP("127.0.0.1", server.ports[0], timeout=20)
        client.starttls(context=context)
    with client:
        client.login(shop.username, shop.password)
        assert client.send_message(mail) == {}
    assert sorted(shop.messages()) == ["boss@two.test", "taro@one.test"]


def test_what_was_answered_with_250_is_seen_by_the_queue_runs(server: SubmissionServer, shop: Shop) -> None:
    with signed_in(server, shop) as client:
        accepted = parse_id("em", queue_id(client.deliver(shop, shop.letter())))
    with psycopg.connect(settings.DATABASE_DISPATCH_URL) as dispatch:
        found = dispatch.execute(
            "select m.rcpt from delivery_message m join delivery_queueentry q on q.message_id = m.id "
            "join delivery_rawmail r on r.content_id = m.content_id where m.submission_id = %s",
            [accepted],
        )
        assert found.fetchall() == [("taro@one.test",)]


def test_what_is_offered_depends_on_tls_sign_in_and_reports(server: SubmissionServer, shop: Shop) -> None:
    with Client(server.ports[0]) as client:
        clear = client.say("EHLO c.example").splitlines()
        assert clear[0] == f"250-{HOST}"
        assert {line[4:] for line in clear[1:]} == {
            f"SIZE {QUICK.message}", "8BITMIME", "SMTPUTF8", "PIPELINING", "CHUNKING", "ENHANCEDSTATUSCODES",
            "STARTTLS",
        }  # fmt: skip
        client.say("STARTTLS")
        client.encrypt()
        assert client.say("MAIL FROM:<a@b.test>").startswith("503 5.5.1")
        secured = client.say("EHLO c.example")
        assert "AUTH PLAIN LOGIN" in secured
        assert "STARTTLS" not in secured
        assert client.say("MAIL FROM:<a@b.test>").startswith("530 5.7.0")
        assert client.say(f"AUTH PLAIN {shop.plain}") == "235 2.7.0 Welcome"
        assert "AUTH" not in client.say("EHLO c.example")
        assert client.say(f"MAIL FROM:<{shop.sender}> RET=HDRS").startswith("555 5.5.4")


def test_dsn_is_for_credentials_that_get_reports(server: SubmissionServer) -> None:
    shop = with_reports(make_shop())
    with signed_in(server, shop) as client:
        assert "DSN" in client.say("EHLO c.example")
        assert client.say(f"MAIL FROM:<{shop.sender}> RET=HDRS ENVID=a+3Db").startswith("250")
        assert client.say("RCPT TO:<a@one.test> NOTIFY=FAILURE,DELAY ORCPT=rfc822;a@one.test").startswith(
            "250"
        )
        assert client.say("RCPT TO:<b@one.test> NOTIFY=NEVER,DELAY").startswith("501")
        queue_id(client.data(shop.letter()))
    (submission,) = shop.submissions()
    assert submission.dsn == {
        "ret": "HDRS",
        "envid": "a+3Db",
        "recipients": {"a@one.test": {"notify": ["FAILURE", "DELAY"], "orcpt": "rfc822;a@one.test"}},
    }


def with_reports(shop: Shop) -> Shop:
    draft = CredentialDraft(name="mailbox", bounce_notice=shop.sender)
    credential, password = create(tenant_id=shop.organization.tenant.pk, draft=draft, actor=SYSTEM)
    return replace(shop, credential_id=credential.pk, username=credential.username, password=password)


def test_auth_login_in_all_its_forms(server: SubmissionServer, shop: Shop) -> None:
    name, password = (base64.b64encode(text.encode()).decode() for text in (shop.username, shop.password))
    for first in ("AUTH LOGIN", f"auth login {name}"):
        with Client(server.ports[1], tls=True) as client:
            client.say("EHLO c.example")
            reply = client.say(first)
            if " LOGIN" in first:
                assert reply == "334 VXNlcm5hbWU6"
                reply = client.say(name)
            assert reply == "334 UGFzc3dvcmQ6"
            assert client.say(password).startswith("235")
    with Client(server.ports[1], tls=True) as client:
        client.say("EHLO c.example")
        assert client.say("AUTH CRAM-MD5").startswith("504 5.5.4")
        assert client.say("AUTH PLAIN") == "334 "
        assert client.say(shop.plain).startswith("235")


def test_failed_sign_ins_are_late_alike_and_few(server: SubmissionServer, shop: Shop) -> None:
    wrong = [("smtp_nobody", "x"), (shop.username, "x"), (shop.username.upper(), shop.password[:-1])]
    with Client(server.ports[1], tls=True) as client:
        client.say("EHLO c.example")
        replies = []
        for name, password in wrong:
            response = base64.b64encode(f"\0{name}\0{password}".encode()).decode()
            replies.append(client.say(f"AUTH PLAIN {response}"))
        assert replies[0] == replies[1] == "535 5.7.8 User name or password is wrong"
        assert replies[2].startswith("421 4.7.0")
        assert client.reply() == ""


def test_an_address_that_failed_often_is_not_looked_at_any_more(tmp_path: Path, shop: Shop) -> None:
    with serving(tmp_path, replace(QUICK, failures_of_address=2)) as server:
        with Client(server.ports[1], tls=True) as client:
            client.say("EHLO c.example")
            for _ in range(2):
                client.say("AUTH PLAIN AGEAYg==")
        with Client(server.ports[1], tls=True) as client:
            client.say("EHLO c.example")
            assert client.say(f"AUTH PLAIN {shop.plain}").startswith("535")


def test_a_revoked_credential_ends_its_sessions(tmp_path: Path, shop: Shop) -> None:
    with serving(tmp_path) as server, signed_in(server, shop) as client:
        queue_id(client.deliver(shop, shop.letter(1)))
        revoke(tenant_id=shop.organization.tenant.pk, credential_id=shop.credential_id, actor=SYSTEM)
        client.envelope(shop)
        assert client.data(shop.letter(2)).startswith("421 4.7.0")
    assert len(shop.messages()) == 1


def test_a_message_in_chunks_may_hold_anything_but_is_checked_alike(
    server: SubmissionServer, shop: Shop
) -> None:
    letter = shop.letter(body="..dots\r\n.\r\nafter")
    with signed_in(server, shop) as client:
        client.envelope(shop)
        client.send(b"BDAT 10\r\n" + letter[:10] + b"BDAT %d LAST\r\n" % len(letter[10:]) + letter[10:])
        assert client.reply().startswith("250 2.0.0 10")
        queue_id(client.reply())
        client.envelope(shop)
        client.send(b"BDAT 3 LAST\r\na\nb")
        assert client.reply().startswith("554 5.6.0")
        client.send(b"BDAT 6 LAST\r\nNOOP\r\n")
        assert client.reply().startswith("503 5.5.1")
        assert client.say("NOOP").startswith("250")
    (submission,) = shop.submissions()
    with tenant_scope(submission.tenant_id):
        raw = RawMail.objects.get(content_id=submission.content_id)
    assert bytes(raw.body) == b"..dots\r\n.\r\nafter\r\n"


def test_dots_are_unstuffed_and_nothing_else_is_touched(server: SubmissionServer, shop: Shop) -> None:
    body = ".one\r\n..two\r\n\r\n  \t\r\nend " + "x" * 200_000
    body = "\r\n".join(body[at : at + 900] for at in range(0, len(body), 900))
    letter = shop.letter(body=body)
    with signed_in(server, shop) as client:
        client.envelope(shop)
        client.say("DATA")
        wire = letter.replace(b"\r\n.", b"\r\n..") + b".\r\nNOOP\r\n"
        # Cut anywhere: between the octets of an end as well.
        for at in range(0, len(wire), 4099):
            client.send(wire[at : at + 4099])
        queue_id(client.reply())
        assert client.reply().startswith("250")
    (submission,) = shop.submissions()
    with tenant_scope(submission.tenant_id):
        raw = RawMail.objects.get(content_id=submission.content_id)
    assert bytes(raw.body) == body.encode() + b"\r\n"


@pytest.mark.parametrize("cut", range(1, 8))
def test_an_end_that_comes_in_pieces_is_found(server: SubmissionServer, shop: Shop, cut: int) -> None:
    wire = shop.letter() + b".\r\n"
    with signed_in(server, shop) as client:
        client.envelope(shop)
        client.say("DATA")
        for at in range(0, len(wire), cut):
            client.send(wire[at : at + cut])
        queue_id(client.reply())


def test_a_client_that_hears_no_answer_and_comes_again_sends_once(
    server: SubmissionServer, shop: Shop
) -> None:
    with signed_in(server, shop) as client:
        client.envelope(shop)
        client.say("DATA")
        client.send(shop.letter() + b".\r\n")
    until(lambda: bool(shop.messages()), what="the message")
    with signed_in(server, shop) as client:
        first, second = (queue_id(client.deliver(shop, shop.letter())) for _ in range(2))
    assert first == second
    (submission,) = shop.submissions()
    assert parse_id("em", first) == submission.pk


def test_120_recipients_in_three_transactions_with_one_message_id_are_120_deliveries(
    server: SubmissionServer, shop: Shop
) -> None:
    everybody = [f"p{number}@one.test" for number in range(120)]
    with signed_in(server, shop) as client:
        ids = {queue_id(client.deliver(shop, shop.letter(), *everybody[at : at + 40])) for at in (0, 40, 80)}
    assert len(ids) == 3
    assert sorted(shop.messages()) == sorted(everybody)


@pytest.mark.parametrize("head", ["", "X-Relay-Idempotency-Key: order-17\r\n"], ids=["Message-ID", "key"])
def test_50_at_once_are_one_message_with_one_answer(
    tmp_path: Path, shop: Shop, committed: None, head: str
) -> None:
    with serving(tmp_path) as one, serving(tmp_path) as other, ThreadPoolExecutor(50) as threads:

        def work(number: int) -> str:
            with signed_in((one, other)[number % 2], shop) as client:
                return queue_id(client.deliver(shop, shop.letter(head=head)))

        answers = set(threads.map(work, range(50)))
    assert len(answers) == 1
    assert shop.messages() == ["taro@one.test"]


def test_parallel_messages_of_two_organizations_all_arrive(server: SubmissionServer) -> None:
    shops = [make_shop(), make_shop()]

    def work(number: int) -> None:
        shop = shops[number % 2]
        with signed_in(server, shop) as client:
            for turn in range(10):
                queue_id(client.deliver(shop, shop.letter(f"{number}.{turn}"), f"p{number}.{turn}@one.test"))

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(work, range(8)))
    for index, shop in enumerate(shops):
        wanted = [f"p{number}.{turn}@one.test" for number in range(index, 8, 2) for turn in range(10)]
        assert sorted(shop.messages()) == sorted(wanted)


@pytest.mark.parametrize(
    ("letter", "reply"),
    [
        ("From: a@bank.test\r\n\r\nHi\r\n", "550 5.7.1 The domain in From"),
        ("Subject: x\r\n\r\nHi\r\n", "550 5.6.0"),
        ("From: {sender}\r\nSender: a@bank.test\r\n\r\nHi\r\n", "550 5.7.1 The domain in Sender"),
        ("From: {sender}\r\nX-Relay-Stream: system\r\n\r\nHi\r\n", "550 5.5.4"),
        ("From: {sender}\r\nSubject: a\nb\r\n\r\nHi\r\n", "554 5.6.0 Bare CR or LF"),
        ("From: {sender}\r\n\r\na\0b\r\n", "554 5.6.0 NUL"),
    ],
)
def test_what_may_not_be_sent_is_refused_with_its_reason(
    server: SubmissionServer, shop: Shop, letter: str, reply: str
) -> None:
    with signed_in(server, shop) as client:
        assert client.deliver(shop, letter.format(sender=shop.sender).encode()).startswith(reply)
        queue_id(client.deliver(shop, shop.letter()))
    assert len(shop.messages()) == 1


def test_a_credential_sends_from_its_own_addresses_alone(server: SubmissionServer) -> None:
    first = make_shop()
    draft = CredentialDraft(name="billing", allowed_from=[f"billing-*@{first.organization.domain.name}"])
    credential, password = create(tenant_id=first.organization.tenant.pk, draft=draft, actor=SYSTEM)
    shop = replace(first, username=credential.username, password=password)
    with signed_in(server, shop) as client:
        assert client.deliver(shop, shop.letter()).startswith("550 5.7.1")
        queue_id(client.deliver(shop, shop.letter().replace(b"shop@news", b"billing-jp@news")))


def test_the_limits_of_a_credential_hold_and_repetitions_cost_nothing(server: SubmissionServer) -> None:
    shop = make_shop(rate_per_minute=5)
    with signed_in(server, shop) as client:
        queue_id(client.deliver(shop, shop.letter(1), "a@one.test", "b@one.test"))
        queue_id(client.deliver(shop, shop.letter(1), "a@one.test", "b@one.test"))
        queue_id(client.deliver(shop, shop.letter(2), "a@one.test", "b@one.test"))
        assert client.deliver(shop, shop.letter(5), "a@one.test", "b@one.test").startswith("452 4.7.1")
        assert client.deliver(shop, b"Subject: no From\r\n\r\n").startswith("550")
        queue_id(client.deliver(shop, shop.letter(3), "c@one.test"))
        assert client.deliver(shop, shop.letter(4)).startswith("452 4.7.1")


def test_too_much_is_read_on_dropped_and_answered(tmp_path: Path, shop: Shop) -> None:
    with serving(tmp_path, replace(QUICK, message=20_000)) as server, signed_in(server, shop) as client:
        big = shop.letter(body="x" * 70 + ("\r\n" + "x" * 70) * 300)
        assert client.deliver(shop, big).startswith("552 5.3.4")
        queue_id(client.deliver(shop, shop.letter()))
        assert server.gate.buffered == 0
    with serving(tmp_path, replace(QUICK, buffered=100)) as server, signed_in(server, shop) as client:
        assert client.deliver(shop, shop.letter(2, body="x" * 200)).startswith("452 4.3.1")
        assert server.gate.buffered == 0


def test_slow_and_silent_clients_are_cut(tmp_path: Path, shop: Shop) -> None:
    with serving(tmp_path, replace(QUICK, login=0.3)) as server, Client(server.ports[0]) as client:
        assert client.reply().startswith("421 4.4.2 Sign in sooner")
    with serving(tmp_path, replace(QUICK, idle=0.3)) as server, signed_in(server, shop) as client:
        assert client.reply().startswith("421 4.4.2")
    with serving(tmp_path, replace(QUICK, data=0.3)) as server, signed_in(server, shop) as client:
        client.envelope(shop)
        client.say("DATA")
        client.send(b"From: ")
        assert client.reply().startswith("421 4.4.2")
        until(lambda: server.gate.connections == 0, what="the place")
        assert server.gate.buffered == 0


def test_places_are_few_and_given_back(tmp_path: Path, shop: Shop) -> None:
    limits = replace(QUICK, from_one=2, of_credential=1, messages=1)
    with serving(tmp_path, limits) as server:
        with signed_in(server, shop) as first:
            with Client(server.ports[1], tls=True) as second:
                with Client(server.ports[0]) as third:
                    assert third.greeting.startswith("421 4.7.0")
                second.say("EHLO c.example")
                assert second.say(f"AUTH PLAIN {shop.plain}").startswith("454 4.7.0")
            queue_id(first.deliver(shop, shop.letter()))
            assert first.say(f"MAIL FROM:<{shop.sender}>").startswith("421 4.7.0")
        until(lambda: server.gate.connections == 0, what="the places")
        with signed_in(server, shop):
            pass


def test_suppressed_and_null_senders_are_taken(server: SubmissionServer, shop: Shop) -> None:
    suppress(
        tenant_id=shop.organization.tenant.pk,
        email_key="gone@one.test",
        scope=Suppression.Scope.ALL,
        reason=Suppression.Reason.BOUNCED,
    )
    with signed_in(server, shop) as client:
        queue_id(client.deliver(shop, shop.letter(), "gone@one.test"))
        assert client.say("MAIL FROM:<>").startswith("250")
        assert client.say("RCPT TO:<taro@one.test>").startswith("250")
        queue_id(client.data(shop.letter(2)))
    assert shop.messages() == ["gone@one.test", "taro@one.test"]
    assert shop.submissions()[1].mail_from == ""


def test_a_stopping_server_answers_what_it_took(tmp_path: Path, shop: Shop) -> None:
    with serving(tmp_path) as server:
        client = signed_in(server, shop)
        queue_id(client.deliver(shop, shop.letter()))
    with client:
        assert client.reply().startswith("421 4.3.2")
