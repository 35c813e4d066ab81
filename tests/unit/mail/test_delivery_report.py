"""Reports that mail did not arrive: what we write is what any reader reads."""

import email
from dataclasses import replace
from datetime import UTC, datetime
from email import policy

import pytest

from relay_saas.mail.delivery_report import DeliveryReport, ReportedRecipient, build_report, decode_xtext
from relay_saas.mail.dsn import Action, parse_reports

AT = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
GONE = ReportedRecipient(
    address="gone@gmail.test",
    action=Action.FAILED,
    status="5.1.1",
    diagnostic="550 5.1.1 The account does not exist",
    remote_mta="mx1.gmail.test",
    last_attempt=AT,
)
REPORT = DeliveryReport(
    sender_name="配信の通知",
    sender="mailer-daemon@post.relay.test",
    to="taro@news.acme.test",
    subject="届きませんでした: お知らせ",
    text="次の宛先に届きませんでした。\n\ngone@gmail.test\n",
    reporting_mta="smtp.relay.test",
    arrived_at=AT,
    at=AT,
    message_id="0123@post.relay.test",
    recipients=[GONE],
    head=b"Subject: Hello\r\nMessage-ID: <1@acme.test>\r\n",
)


def parsed(report: DeliveryReport) -> email.message.EmailMessage:
    raw = build_report(report)
    assert all(len(line) <= 998 for line in raw.split(b"\r\n"))
    assert raw.count(b"\n") == raw.count(b"\r\n") == raw.count(b"\r")
    return email.message_from_bytes(raw, policy=policy.default)


def test_the_report_has_the_three_parts_of_rfc_6522() -> None:
    message = parsed(REPORT)
    assert message.get_content_type() == "multipart/report"
    assert message.get_param("report-type") == "delivery-status"
    assert message["Auto-Submitted"] == "auto-replied"
    assert message["Subject"] == REPORT.subject
    kinds = [part.get_content_type() for part in message.iter_parts()]
    assert kinds == ["text/plain", "message/delivery-status", "text/rfc822-headers"]
    text, _status, returned = message.iter_parts()
    assert text.get_content().replace("\r\n", "\n") == REPORT.text
    assert returned.get_payload() == "Subject: Hello\nMessage-ID: <1@acme.test>\n".replace("\n", "\r\n")


def test_our_own_reader_reads_it_back() -> None:
    delayed = replace(GONE, address="slow@gmail.test", action=Action.DELAYED, status="4.4.1", tried_until=AT)
    found = parse_reports(build_report(replace(REPORT, recipients=[GONE, delayed])))
    assert [(one.action, one.status, one.final_recipient) for one in found] == [
        (Action.FAILED, "5.1.1", "gone@gmail.test"),
        (Action.DELAYED, "4.4.1", "slow@gmail.test"),
    ]
    assert found[0].diagnostic == GONE.diagnostic
    assert found[0].remote_mta == "mx1.gmail.test"
    assert found[0].reporting_mta == "smtp.relay.test"


def test_envelope_id_and_original_recipient_come_back() -> None:
    one = replace(GONE, original="rfc822;Gone+tag@Gmail.test")
    raw = build_report(replace(REPORT, recipients=[one], envelope_id="QQ314159")).decode()
    assert "Original-Envelope-Id: QQ314159\r\n" in raw
    assert "Original-Recipient: rfc822;Gone+tag@Gmail.test\r\n" in raw


def test_the_whole_message_comes_back_where_it_was_asked_for() -> None:
    *_others, returned = parsed(replace(REPORT, body=b"It was\r\n\r\nlike this\r\n")).iter_parts()
    assert returned.get_content_type() == "message/rfc822"
    inner = returned.get_content()
    assert inner["Message-ID"] == "<1@acme.test>"
    assert inner.get_content().splitlines() == ["It was", "", "like this"]


def test_an_international_recipient_makes_the_report_international() -> None:
    raw = build_report(replace(REPORT, recipients=[replace(GONE, address="花子@gmail.test")]))
    assert b"message/global-delivery-status" in raw
    assert "Final-Recipient: utf-8; 花子@gmail.test\r\n".encode() in raw


@pytest.mark.parametrize("said", ["550 no\r\nAction: delivered", "550 \x00\x1b[31m", "550 " + "x" * 5000])
def test_a_server_cannot_break_out_of_its_diagnostic(said: str) -> None:
    (found,) = parse_reports(build_report(replace(REPORT, recipients=[replace(GONE, diagnostic=said)])))
    assert found.action is Action.FAILED
    assert parsed(replace(REPORT, recipients=[replace(GONE, diagnostic=said)])).is_multipart()


@pytest.mark.parametrize(
    ("sent", "meant"), [("a+2Bb", "a+b"), ("a+3Db+2B", "a=b+"), ("plain", "plain"), ("+zz", "+zz"), ("", "")]
)
def test_xtext_is_decoded(sent: str, meant: str) -> None:
    assert decode_xtext(sent) == meant
