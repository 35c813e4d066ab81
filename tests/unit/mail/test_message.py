"""Messages: a mail program reads what the draft said, and the octets keep the rules of the wire."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import dkim
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from relay_saas.mail.addresses import BadAddress
from relay_saas.mail.dkim import generate_key, load_key, sign
from relay_saas.mail.headers import BadHeader
from relay_saas.mail.message import (
    RESERVED_HEADERS,
    SINGLETON_HEADERS,
    Attachment,
    BadMessage,
    Draft,
    build,
)
from tests.cases.loader import load

CASES = {case["id"]: case for _, case in load("headers_subjects")}
DRAFT = Draft(
    from_name="アクメ, Inc.",
    from_address="news@news.acme.test",
    to_name="山田 太郎",
    to_address="taro@gmail.test",
    reply_to="desk@acme.test",
    subject="秋の特別セール",
    message_id="019ab697e800738881234567@news.acme.test",
    date=datetime(2026, 11, 24, 4, 25, tzinfo=UTC),
    text="こんにちは\n",
    html="<p>こんにちは</p>\n",
    headers=(
        ("List-Unsubscribe", "<https://t.news.acme.test/u/token>, <mailto:token@rp.news.acme.test>"),
        ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
        ("List-Id", "アクメのお知らせ <list-3.news.acme.test>"),
        ("Feedback-ID", "c1:t1:marketing:relay"),
    ),
)
PDF = Attachment(name="請求書.pdf", content_type="application/pdf", content=b"%PDF\x00\r\n\xff")
LOGO = Attachment(name="logo.png", content_type="image/png", content=b"\x89PNG", content_id="logo")
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=300)


def parse(octets: bytes) -> EmailMessage:
    message = message_from_bytes(octets, policy=policy.default)
    assert not [defect for part in message.walk() for defect in part.defects]
    return message


def shape(part: EmailMessage) -> Any:
    if part.is_multipart():
        return part.get_content_subtype(), [shape(child) for child in part.iter_parts()]
    return part.get_content_type()


def assert_fit_for_the_wire(octets: bytes) -> None:
    lines = octets.split(b"\r\n")
    assert lines[-1] == b""
    assert not any(b"\r" in line or b"\n" in line for line in lines)
    assert max(map(len, lines)) <= 998
    assert b"\0" not in octets


def refusal(draft: Draft) -> str:
    with pytest.raises((BadAddress, BadHeader, BadMessage)) as caught:
        build(draft)
    return caught.value.code


def test_a_mail_program_reads_what_the_draft_said() -> None:
    message = parse(build(DRAFT))
    [sender] = message["From"].addresses
    [recipient] = message["To"].addresses
    assert (sender.display_name, sender.addr_spec) == ("アクメ, Inc.", "news@news.acme.test")
    assert (recipient.display_name, recipient.addr_spec) == ("山田 太郎", "taro@gmail.test")
    assert message["Subject"] == "秋の特別セール"
    assert message["Message-ID"] == "<019ab697e800738881234567@news.acme.test>"
    assert message["Date"].datetime == DRAFT.date
    assert message["Reply-To"] == "desk@acme.test"
    assert message["List-Unsubscribe"] == DRAFT.headers[0][1]
    assert message["List-Id"] == "アクメのお知らせ <list-3.news.acme.test>"
    assert message["Feedback-ID"] == "c1:t1:marketing:relay"


def test_text_comes_before_html_and_both_come_back() -> None:
    message = parse(build(DRAFT))
    assert shape(message) == ("alternative", ["text/plain", "text/html"])
    text, html = message.iter_parts()
    assert (text.get_content(), html.get_content()) == ("こんにちは\r\n", "<p>こんにちは</p>\r\n")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"html": None}, "text/plain"),
        ({"text": None}, "text/html"),
        ({"text": ""}, ("alternative", ["text/plain", "text/html"])),
        ({"html": None, "attachments": (PDF,)}, ("mixed", ["text/plain", "application/pdf"])),
        ({"text": None, "attachments": (LOGO,)}, ("related", ["text/html", "image/png"])),
        ({"html": None, "attachments": (LOGO,)}, ("mixed", ["text/plain", "image/png"])),
        (
            {"attachments": (PDF, LOGO)},
            (
                "mixed",
                [("alternative", ["text/plain", ("related", ["text/html", "image/png"])]), "application/pdf"],
            ),
        ),
    ],
)
def test_the_parts_nest_as_mail_programs_expect(change: dict[str, Any], expected: Any) -> None:
    octets = build(replace(DRAFT, **change))
    assert shape(parse(octets)) == expected
    assert_fit_for_the_wire(octets)


@settings(max_examples=150)
@given(TEXT, TEXT)
@example("From me\n.\n..\n", "x" * 3000)
@example("--=_\n", "a\rb\r\nc")
@example("\0", " \n")
def test_any_body_comes_back_and_is_fit_for_the_wire(text: str, html: str) -> None:
    octets = build(replace(DRAFT, text=text, html=html, attachments=(PDF,)))
    assert_fit_for_the_wire(octets)
    assert octets.isascii()
    bodies = [part for part in parse(octets).walk() if part.get_content_maintype() == "text"]
    for part, source in zip(bodies, (text, html), strict=True):
        lines = source.replace("\r\n", "\n").replace("\r", "\n").removesuffix("\n")
        decoded = part.get_payload(decode=True).decode()
        assert decoded == lines.replace("\n", "\r\n") + "\r\n"


@pytest.mark.parametrize(
    "name",
    [
        "a.pdf",
        "two words.pdf",
        'quote".pdf',
        "請求書.pdf",
        "長い" * 60 + ".pdf",
        "a" * 200,
        "a;b=c.pdf",
        "%41.pdf",
        "../x",
    ],
)
def test_the_name_and_the_octets_of_a_file_come_back(name: str) -> None:
    octets = build(replace(DRAFT, attachments=(replace(PDF, name=name),)))
    assert octets.isascii()
    assert max(map(len, octets.split(b"\r\n"))) <= 100
    [file] = parse(octets).iter_attachments()
    assert file.get_filename() == name
    assert file.get_content() == PDF.content


def test_an_inline_picture_has_its_content_id() -> None:
    message = parse(build(replace(DRAFT, attachments=(LOGO,))))
    [picture] = [part for part in message.walk() if part.get_content_type() == "image/png"]
    assert picture["Content-ID"] == "<logo>"
    assert picture.get_content_disposition() == "inline"


def test_a_message_as_a_file_stays_a_file() -> None:
    forwarded = Attachment(name="mail.eml", content_type="message/rfc822", content=b"From: a@b\n\nx")
    [file] = parse(build(replace(DRAFT, attachments=(forwarded,)))).iter_attachments()
    assert file.get_content_type() == "application/octet-stream"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"name": ""}, "bad_attachment_name"),
        ({"name": "a\r\nb"}, "bad_attachment_name"),
        ({"name": "a" * 256}, "bad_attachment_name"),
        ({"content_type": "text"}, "bad_content_type"),
        ({"content_type": "text/plain\r\nX: y"}, "bad_content_type"),
        ({"content_id": "a b"}, "bad_content_id"),
        ({"content_id": "a>\r\nX: y"}, "bad_content_id"),
    ],
)
def test_a_bad_attachment_is_refused(change: dict[str, Any], code: str) -> None:
    assert refusal(replace(DRAFT, attachments=(replace(PDF, **change),))) == code


def test_two_pictures_may_not_share_a_content_id() -> None:
    assert refusal(replace(DRAFT, attachments=(LOGO, LOGO))) == "bad_content_id"


def test_the_same_draft_gives_the_same_octets_and_the_boundary_follows_the_message_id() -> None:
    assert build(DRAFT) == build(replace(DRAFT))
    boundaries = {
        re.search(rb'boundary="(=_[0-9a-f]{32})"', build(replace(DRAFT, message_id=f"{number}@a.test")))[1]
        for number in range(20)
    }
    assert len(boundaries) == 20


def test_only_an_smtputf8_address_makes_the_header_other_than_ascii() -> None:
    assert build(DRAFT).isascii()
    octets = build(replace(DRAFT, to_address="用户@example.com"))
    assert not octets.isascii()
    assert "<用户@example.com>".encode() in octets


@pytest.mark.parametrize("name", sorted({*RESERVED_HEADERS, "content-type", "ARC-Seal", "Resent-From"}))
def test_a_further_header_may_not_write_what_the_relay_writes(name: str) -> None:
    assert refusal(replace(DRAFT, headers=((name, "x"),))) == "reserved"


@pytest.mark.parametrize("name", sorted(SINGLETON_HEADERS))
def test_a_header_with_one_meaning_may_not_stand_twice(name: str) -> None:
    headers = ((name, "<a.test>"), (name.title(), "<b.test>"))
    assert build(replace(DRAFT, headers=headers[:1]))
    assert refusal(replace(DRAFT, headers=headers)) == "repeated"


def test_other_headers_may_repeat_and_may_be_japanese() -> None:
    headers = (("X-Note", "一"), ("X-Note", "二"), ("X-Data", "e" * 300))
    message = parse(build(replace(DRAFT, headers=headers)))
    assert message.get_all("X-Note") == ["一", "二"]
    assert message["X-Data"] == "e" * 300


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"subject": "a\r\nBcc: x@y.test"}, "line_break"),
        ({"subject": "=?utf-8?q?a=0D=0Ab?="}, "line_break"),
        ({"from_name": "X\nY"}, "line_break"),
        ({"to_name": "X\0"}, "nul"),
        ({"from_address": "a@b.test, c@d.test"}, "bad_character"),
        ({"to_address": "a@b.test>\r\nBcc: <c@d.test"}, "bad_character"),
        ({"reply_to": "nobody"}, "no_at"),
        ({"message_id": "<a@b.test>"}, "bad_message_id"),
        ({"message_id": "a@b.test\r\nX: y"}, "bad_message_id"),
        ({"date": datetime.fromisoformat("2026-11-24")}, "bad_date"),
        ({"text": None, "html": None}, "no_body"),
        ({"text": "a\udfffb"}, "surrogate"),
        ({"headers": (("X-A: b\r\nX-B", "1"),)}, "bad_name"),
        ({"headers": (("X-A", "1\r\nX-B: 2"),)}, "line_break"),
        ({"headers": (("List-Unsubscribe", "<https://例え.test>"),)}, "not_ascii"),
        ({"headers": (("List-Id", "no brackets"),)}, "bad_list_id"),
        ({"headers": (("X-A", "x" * 999),)}, "line_too_long"),
    ],
)
def test_what_cannot_be_carried_is_refused_by_code(change: dict[str, Any], code: str) -> None:
    assert refusal(replace(DRAFT, **change)) == code


def test_a_merged_sender_name_cannot_add_a_header() -> None:
    """hdr-013."""
    assert refusal(replace(DRAFT, from_name=CASES["hdr-013"]["input"]["fields"]["sender"])) == "line_break"


@pytest.mark.parametrize("case_id", ["hdr-028", "hdr-029", "hdr-030", "hdr-033"])
def test_cases_of_further_headers_are_refused(case_id: str) -> None:
    source = CASES[case_id]["input"]
    assert refusal(replace(DRAFT, headers=((source["header"], source["value"]),))) in BadHeader.reasons


@pytest.mark.parametrize(
    "name", ["ceo@bank.example", "ＣＥＯ＠ｂａｎｋ．ｅｘａｍｐｌｅ", "Boss (ceo@bank.example)"]
)
def test_a_sender_name_that_is_somebody_else_s_address_is_refused(name: str) -> None:
    """Policy of hdr-022: people see the name alone, so it may not show an address of another domain."""
    assert refusal(replace(DRAFT, from_name=name)) == "name_is_address"


@pytest.mark.parametrize("name", ["news@news.acme.test", "Sales @ Acme", "A@B", ""])
def test_a_sender_name_with_its_own_address_or_a_lone_at_passes(name: str) -> None:
    assert build(replace(DRAFT, from_name=name))


def test_a_recipient_whose_name_is_an_address_is_served() -> None:
    assert (
        parse(build(replace(DRAFT, to_name="taro@old.test")))["To"].addresses[0].display_name
        == "taro@old.test"
    )


def test_a_subject_that_came_encoded_reaches_the_recipient_decoded() -> None:
    """hdr-036; and 037: an unknown character set stays as it is."""
    subject = CASES["hdr-036"]["input"]["text"]
    assert parse(build(replace(DRAFT, subject=subject)))["Subject"] == "テスト"


def test_a_built_message_signs_and_verifies_even_after_a_mail_program_wrote_it_again() -> None:
    pem, record = generate_key("ed25519-sha256")
    key = load_key(domain="news.acme.test", selector="e1", algorithm="ed25519-sha256", pem=pem)
    signed = sign(build(replace(DRAFT, attachments=(PDF, LOGO))), [key], 1_764_000_000)
    again = message_from_bytes(signed, policy=policy.SMTP.clone(refold_source="none")).as_bytes()
    for octets in (signed, again):
        assert dkim.verify(octets, dnsfunc=lambda *_, **__: record.encode())
