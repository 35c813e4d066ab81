"""Delivery reports as servers write them, and as nobody should."""

import base64
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relay_saas.mail.bounces import Category, classify
from relay_saas.mail.dsn import Action, parse_dsn
from relay_saas.mail.mime_reader import SIZE_LIMIT
from relay_saas.mail.replies import Stage

REPORT = """Reporting-MTA: dns; mx.example.test
Arrival-Date: Tue, 24 Nov 2026 02:00:00 +0000

Final-Recipient: rfc822; taro@example.test
Original-Recipient: rfc822;Taro@example.test
Action: failed
Status: 5.1.1
Remote-MTA: dns; in.example.test
Diagnostic-Code: smtp; 550 5.1.1 <taro@example.test>:
 User unknown in the
 local table
"""


def dsn(
    report: str = REPORT, *, kind: str = "message/delivery-status", encoding: str = "", line: str = "\r\n"
) -> bytes:
    body = report
    if encoding == "base64":
        body = base64.encodebytes(report.encode()).decode()
    text = f"""From: MAILER-DAEMON@mx.example.test
To: token@rp.example.test
Subject: Undelivered mail
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
 boundary="=_b/1"

--=_b/1
Content-Type: text/plain; charset=utf-8

It did not work.

--=_b/1
Content-Type: {kind}
{f"Content-Transfer-Encoding: {encoding}" + chr(10) if encoding else ""}
{body}
--=_b/1
Content-Type: text/rfc822-headers

Subject: hello

--=_b/1--
"""
    return text.replace("\n", line).encode()


@pytest.mark.parametrize("line", ["\r\n", "\n"])
@pytest.mark.parametrize("encoding", ["", "base64", "quoted-printable", "7bit"])
@pytest.mark.parametrize("kind", ["message/delivery-status", "message/global-delivery-status; charset=utf-8"])
def test_a_report_is_read_whatever_its_dress(line: str, encoding: str, kind: str) -> None:
    found = parse_dsn(dsn(kind=kind, encoding=encoding, line=line))
    assert found is not None
    assert found.action is Action.FAILED
    assert found.status == "5.1.1"
    assert found.final_recipient == "taro@example.test"
    assert found.original_recipient == "Taro@example.test"
    assert found.diagnostic == "550 5.1.1 <taro@example.test>: User unknown in the local table"
    assert (found.remote_mta, found.reporting_mta) == ("in.example.test", "mx.example.test")


def test_a_report_is_classified_by_what_the_remote_server_said() -> None:
    found = parse_dsn(dsn())
    assert found is not None
    assert classify(found.reply, Stage.OUT_OF_BAND, "in.example.test").category is Category.RECIPIENT_UNKNOWN


@pytest.mark.parametrize(
    ("status", "code", "category"),
    [("5.2.2", 550, Category.MAILBOX_FULL), ("4.4.1", 450, Category.NETWORK_TEMP)],
)
def test_without_a_diagnostic_the_status_speaks(status: str, code: int, category: Category) -> None:
    found = parse_dsn(
        dsn(f"Reporting-MTA: dns; x\n\nFinal-Recipient: rfc822; a@b.test\nAction: failed\nStatus: {status}\n")
    )
    assert found is not None
    assert (found.reply.code, found.reply.enhanced) == (code, status)
    assert classify(found.reply, Stage.OUT_OF_BAND, "").category is category


@pytest.mark.parametrize("word", ["delayed", "delivered", "relayed", "expanded", "Delayed (still trying)"])
def test_what_is_not_failed_is_no_bounce(word: str) -> None:
    found = parse_dsn(dsn(REPORT.replace("failed", word)))
    assert found is not None
    assert found.action is not Action.FAILED


def test_the_failed_one_of_several_recipients_is_told() -> None:
    report = REPORT.replace("failed", "delayed") + "\n" + REPORT.split("\n\n")[1].replace("taro", "jiro")
    found = parse_dsn(dsn(report))
    assert found is not None
    assert (found.action, found.final_recipient) == (Action.FAILED, "jiro@example.test")


def test_a_missing_action_is_read_from_the_status() -> None:
    found = parse_dsn(dsn(REPORT.replace("Action: failed\n", "")))
    assert found is not None
    assert found.action is Action.FAILED


def test_a_report_inside_another_multipart_is_found() -> None:
    inner = dsn().decode().split("MIME-Version: 1.0\r\n")[1]
    outer = "Content-Type: multipart/mixed; boundary=outer\r\n\r\n--outer\r\n" + inner + "\r\n--outer--\r\n"
    found = parse_dsn(outer.encode())
    assert found is not None
    assert found.status == "5.1.1"


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\r\n",
        b"Subject: hello\r\n\r\nFinal-Recipient: rfc822; a@b.test\r\nAction: failed\r\n",
        b"Content-Type: multipart/report\r\n\r\nno boundary",
        dsn("Reporting-MTA: dns; x\n"),
        dsn(REPORT.replace("failed", "exploded")),
        dsn(kind="text/plain"),
        b"\0\xff" * 100,
    ],
    ids=["empty", "blank", "plain", "no boundary", "no recipient", "odd action", "no status part", "binary"],
)
def test_what_is_no_report_is_none(raw: bytes) -> None:
    assert parse_dsn(raw) is None


def test_texts_are_safe_and_capped() -> None:
    hostile = REPORT.replace("User unknown", "\x1b[31m\u202e<script>" + "x" * 5000).replace("taro", "t" * 500)
    found = parse_dsn(dsn(hostile))
    assert found is not None
    assert found.diagnostic is not None
    assert "\x1b" not in found.diagnostic
    assert "\u202e" not in found.diagnostic
    assert len(found.diagnostic) <= 1000
    assert found.final_recipient is None


@pytest.mark.parametrize(
    "raw",
    [
        b"Content-Type: multipart/report; boundary=b\r\n\r\n" + b"--b\r\n\r\n" * 200_000,
        b"".join(
            b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (n, n) for n in range(5000)
        ),
        b"A: " + b" \r\n" * 300_000,
        dsn("Final-Recipient: rfc822; a@b.test\nAction: nothing\n\n" * 20_000),
        dsn() + b"x" * (3 * SIZE_LIMIT),
        dsn("Status: " + "5." * 300_000),
        b"Content-Type: " + b"multipart/" * 100_000 + b"\r\n\r\n",
    ],
    ids=["parts", "nested", "folds", "groups", "long", "dots", "type"],
)
def test_a_hostile_report_is_done_with_quickly(raw: bytes) -> None:
    began = time.process_time()
    parse_dsn(raw)
    # Quadratic parsing would take minutes of processor time.
    assert time.process_time() - began < 5


@given(st.binary(max_size=2000))
def test_no_bytes_raise(raw: bytes) -> None:
    parse_dsn(raw)


@settings(max_examples=200)
@given(data=st.data())
def test_no_mutation_of_a_report_raises(data: st.DataObject) -> None:
    raw = bytearray(dsn(encoding=data.draw(st.sampled_from(["", "base64", "quoted-printable"]))))
    for _ in range(data.draw(st.integers(1, 12))):
        at = data.draw(st.integers(0, len(raw) - 1))
        raw[at : at + data.draw(st.integers(0, 4))] = data.draw(st.binary(max_size=6))
    found = parse_dsn(bytes(raw))
    assert found is None or found.reply.code >= 200
