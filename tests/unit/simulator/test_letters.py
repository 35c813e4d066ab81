"""What comes back: every shape is a mail that the standard library reads, and says who it is about."""

import email
from email.message import Message

import pytest

from relay_saas.simulator.profiles.model import Late, People
from relay_saas.simulator.recipients import complaint, dsn
from relay_saas.simulator.recipients.away import out_of_office
from relay_saas.simulator.recipients.letter import Occasion
from relay_saas.simulator.recipients.plan import plan

RAW = (
    b"From: news@a.test\r\nTo: =?utf-8?b?5pel?= <who@mail.test>\r\nSubject: Hello\r\n"
    b"Message-ID: <m1@a.test>\r\n\r\nText\r\n"
)
ABOUT = Occasion(
    host="mx1.mail.test",
    client="127.30.0.1",
    mail_from="b123@rp.a.test",
    rcpt="who@mail.test",
    message_id="m1@a.test",
    taken=1_700_000_000.0,
    head=email.message_from_bytes(RAW),
    raw=RAW,
)

#: Written before RFC 3464, or as if.
FOR_PEOPLE_ALONE = {"docomo", "au"}


def parts(raw: bytes) -> list[str]:
    message: Message = email.message_from_bytes(raw)
    return [part.get_content_type() for part in message.walk()]


@pytest.mark.parametrize("shape", dsn.SHAPES)
def test_every_shape_of_a_report_names_recipient_and_reply(shape: str) -> None:
    raw = dsn.bounce(shape, ABOUT, ("550 5.1.1 <{rcpt}>: User unknown",))
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert b"who@mail.test" in raw
    assert email.message_from_bytes(raw)["To"] == "b123@rp.a.test"
    assert b"550 5.1.1 <who@mail.test>: User unknown" in raw


@pytest.mark.parametrize("shape", sorted(set(dsn.SHAPES) - FOR_PEOPLE_ALONE))
def test_a_report_by_the_standard_has_its_three_parts(shape: str) -> None:
    report = email.message_from_bytes(dsn.bounce(shape, ABOUT, ("550-5.1.1 <{rcpt}>", "550 5.1.1 unknown")))
    kinds = [part.get_content_type() for part in report.get_payload()]
    assert kinds[1] == "message/delivery-status"
    assert kinds[2] in {"text/rfc822-headers", "message/rfc822"}
    recipient = report.get_payload()[1].get_payload()[1]
    assert (recipient["Action"], recipient["Status"]) == ("failed", "5.1.1")
    assert recipient["Final-Recipient"].endswith("who@mail.test")


def test_a_redacted_complaint_says_nothing_of_who_complained() -> None:
    whole, less = complaint.complaint("arf", ABOUT), complaint.complaint("redacted", ABOUT)
    assert parts(whole) == [
        *("multipart/report", "text/plain", "message/feedback-report", "text/plain"),
        *("message/rfc822", "text/plain"),
    ]
    assert b"who@" in whole
    assert b"who@" not in less
    assert b"Message-ID: <m1@a.test>" in less


def test_microsoft_only_attaches_the_message() -> None:
    assert parts(complaint.complaint("microsoft", ABOUT)) == [
        "multipart/mixed",
        "message/rfc822",
        "text/plain",
    ]


def test_a_complaint_goes_where_the_message_asks_for_it() -> None:
    assert complaint.complaint_address(ABOUT) == "b123@rp.a.test"
    raw = b"CFBL-Address: fbl@a.test; report=arf\r\n" + RAW
    asked = Occasion(
        **{name: getattr(ABOUT, name) for name in ABOUT.__dataclass_fields__}
        | {"head": email.message_from_bytes(raw), "raw": raw}
    )
    assert complaint.complaint_address(asked) == "fbl@a.test"


def test_an_answer_of_a_machine_says_that_it_is_one() -> None:
    answer = email.message_from_bytes(out_of_office(ABOUT))
    assert (answer["Auto-Submitted"], answer["In-Reply-To"]) == ("auto-replied", "<m1@a.test>")


def test_what_comes_back_has_reached_nobody() -> None:
    habits = People(
        opens=1.0, clicks=1.0, scanners=1.0, complains=1.0, away=1.0, prefetches=1.0, gateways=1.0
    )
    late = Late(share=0.5, delay=(2.0, 3.0))
    plans = [
        plan(habits, seed=1, recipient=f"u{number}@x.test", message_id="m", late=late)
        for number in range(200)
    ]
    back = [each for each in plans if each.bounced is not None]
    assert 70 < len(back) < 130
    assert all(each.opened is None and each.complained is None for each in back)
    assert all(2.0 <= (each.bounced or 0) <= 3.0 for each in back)
    there = [each for each in plans if each.bounced is None]
    assert all(None not in (each.gated, each.prefetched, each.complained, each.answered) for each in there)
