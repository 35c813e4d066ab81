"""Complaints as complaint loops send them: only a token of ours tells which message is meant."""

from uuid import UUID

import pytest

from relay_saas.mail.arf import Complaint
from relay_saas.mail.returned import Nature, read_returned
from relay_saas.mail.tokens import Purpose, Token, TokenKeys, encode

KEYS = TokenKeys({1: b"k" * 32}, 1)
MESSAGE = UUID("0192f3a4-5b6c-7d8e-9f01-23456789abcd")


def token(purpose: Purpose, host: str) -> str:
    return encode(Token(purpose, 7, MESSAGE), host, KEYS)


TRACE = token(Purpose.TRACE, "news.acme.test")
RETURN = token(Purpose.RETURN_PATH, "rp.news.acme.test")
UNSUBSCRIBE = token(Purpose.UNSUBSCRIBE, "t.news.acme.test")
ORIGINAL = f"""Return-Path: <{RETURN}@rp.news.acme.test>
From: News <news@news.acme.test>
To: taro@yahoo.test
Subject: Spring news
Message-ID: <{MESSAGE.hex}@news.acme.test>
List-Unsubscribe: <https://t.news.acme.test/u/{UNSUBSCRIBE}>,
 <mailto:x@rp.news.acme.test>
Feedback-ID: c1:t7:marketing:relay
X-Relay-Trace: {TRACE}@news.acme.test

Hello
"""


def arf(
    *,
    kind: str = "abuse",
    original: str = ORIGINAL,
    part: str = "message/rfc822",
    more: str = "",
    line: str = "\r\n",
) -> bytes:
    """A report as RFC 5965 has it."""
    return f"""From: <abusedesk@loop.test>
To: <fbl@relay.test>
Subject: FW: Spring news
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="part1"

--part1
Content-Type: text/plain; charset="US-ASCII"

This is an email abuse report.

--part1
Content-Type: message/feedback-report

Feedback-Type: {kind}
User-Agent: Loop/1.0
Version: 1
Original-Mail-From: <{RETURN}@rp.news.acme.test>
Original-Rcpt-To: <taro@yahoo.test>
Source-IP: 192.0.2.1
{more}
--part1
Content-Type: {part}
Content-Disposition: inline

{original}
--part1--
""".replace("\n", line).encode()


def read(raw: bytes) -> Complaint:
    found = read_returned(raw)
    assert found.nature is Nature.COMPLAINT
    assert found.complaint is not None
    return found.complaint


@pytest.mark.parametrize("line", ["\r\n", "\n"])
@pytest.mark.parametrize("part", ["message/rfc822", "text/rfc822-headers"])
def test_a_report_names_its_message_by_our_tokens(line: str, part: str) -> None:
    found = read(arf(line=line, part=part))
    assert (found.feedback_type, found.user_agent, found.source_ip) == ("abuse", "Loop/1.0", "192.0.2.1")
    assert found.original_recipient == "taro@yahoo.test"
    assert found.unwanted
    assert set(found.tokens) == {
        (RETURN, "rp.news.acme.test"),
        (TRACE, "news.acme.test"),
        (UNSUBSCRIBE, "t.news.acme.test"),
    }
    assert found.message_id == (MESSAGE.hex, "news.acme.test")


def test_a_redacted_report_still_holds_the_trace() -> None:
    redacted = ORIGINAL.replace("taro@yahoo.test", "redacted-ab12@yahoo.test").replace(
        RETURN, "redacted-cd34"
    )
    raw = arf(original=redacted).replace(RETURN.encode(), b"redacted-cd34").replace(b"<taro@yahoo.test>", b"")
    found = read(raw)
    assert (TRACE, "news.acme.test") in found.tokens
    assert found.original_recipient == ""


def test_a_report_with_nothing_but_its_own_fields_holds_the_return_path() -> None:
    assert read(arf(original="")).tokens == ((RETURN, "rp.news.acme.test"),)


def test_a_report_by_the_address_in_the_message_quotes_its_identifier() -> None:
    """RFC 9477 §3.5: Message-ID and identifier are all that a redacted one must hold; blanks do not count."""
    original = (
        f"Message-ID: <{MESSAGE.hex}@news.acme.test>\nCFBL-Feedback-ID:\n {TRACE[:40]}\n {TRACE[40:]}\n"
    )
    found = read(arf(original=original, part="text/rfc822-headers"))
    assert found.tokens[0] == (TRACE, "news.acme.test")


def test_our_own_fields_come_before_what_the_body_quotes() -> None:
    other = encode(Token(Purpose.TRACE, 7, UUID(int=1)), "news.acme.test", KEYS)
    quoting = (
        f"To: x@y.test\nX-Relay-Trace: {TRACE}@news.acme.test\n\nX-Relay-Trace: {other}@news.acme.test\n"
    )
    assert read(arf(original=quoting)).tokens[0] == (TRACE, "news.acme.test")
    hidden = read(arf(original=f"Subject: x\n\nCFBL-Feedback-ID: {other}\nd=news.acme.test\n"))
    assert (other, "news.acme.test") not in hidden.tokens


def test_an_encoded_original_is_read() -> None:
    folded = ORIGINAL.replace(TRACE, f"{TRACE[:30]}=\n{TRACE[30:]}")
    raw = arf(original=folded, part="message/rfc822\nContent-Transfer-Encoding: quoted-printable")
    assert (TRACE, "news.acme.test") in read(raw).tokens


@pytest.mark.parametrize(
    "head",
    ["X-HmXmrOriginalRecipient: <taro@outlook.test>\n", ""],
    ids=["with the recipient", "by its sender and subject"],
)
def test_microsofts_report_is_the_message_itself(head: str) -> None:
    raw = f"""From: staff@hotmail.com
To: fbl@relay.test
Subject: complaint about message from 192.0.2.1
Content-Type: multipart/mixed; boundary="m"

--m
Content-Type: message/rfc822

{head}{ORIGINAL}
--m--
""".replace("\n", "\r\n").encode()
    found = read(raw)
    assert (found.feedback_type, found.unwanted) == ("abuse", True)
    assert (TRACE, "news.acme.test") in found.tokens
    assert found.original_recipient == ("taro@outlook.test" if head else "")


def test_a_forwarded_message_is_no_complaint() -> None:
    raw = b"From: taro@x.test\r\nSubject: Fwd\r\nContent-Type: multipart/mixed; boundary=m\r\n\r\n--m\r\n"
    raw += b"Content-Type: message/rfc822\r\n\r\n" + ORIGINAL.replace("\n", "\r\n").encode() + b"--m--\r\n"
    assert read_returned(raw).nature is Nature.REPLY


@pytest.mark.parametrize(
    ("kind", "unwanted"),
    [
        ("abuse", True),
        ("fraud", True),
        ("opt-out", True),
        ("Other", True),
        ("not-spam", False),
        ("auth-failure", False),
    ],
)
def test_not_each_kind_is_a_complaint(kind: str, unwanted: bool) -> None:
    assert read(arf(kind=kind)).unwanted is unwanted
