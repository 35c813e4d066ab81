"""Messages that somebody else built: what is one, who it is from, and what stays untouched in it."""

import pytest

from relay_saas.mail.headers import BadHeader
from relay_saas.mail.raw_message import (
    MAX_HOPS,
    BadRawMessage,
    in_ascii,
    mailbox_of,
    mailboxes_of,
    read_raw,
    sender_of,
)
from relay_saas.mail.raw_parts import text_parts

PLAIN = b"From: Acme <shop@acme.test>\r\nTo: a@one.test\r\nSubject: Hello\r\n\r\nHi\r\n"


def refused(raw: bytes) -> str:
    with pytest.raises(BadRawMessage) as caught:
        sender_of(read_raw(raw))
    return caught.value.code


def test_the_two_halves_are_what_came() -> None:
    message = read_raw(b"From: a@b.test\r\nX-Long: one\r\n\ttwo\r\n\r\n\r\nbody  \t\r\n.\r\n")
    assert [(item.key, item.value) for item in message.fields] == [
        ("from", "a@b.test"),
        ("x-long", "one\ttwo"),
    ]
    assert message.fields[1].wire == "X-Long: one\r\n\ttwo\r\n"
    assert message.body == b"\r\nbody  \t\r\n.\r\n"
    assert read_raw(b"From: a@b.test\r\n").body == b""
    assert read_raw(b"From: a@b.test\r\n\r\nopen end").body == b"open end\r\n"


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (PLAIN.replace(b"Hi", b"H\0i"), "nul"),
        (PLAIN.replace(b"Hi\r\n", b"Hi\n"), "bare_line_end"),
        (PLAIN.replace(b"Hi", b"H\ri"), "bare_line_end"),
        (PLAIN.replace(b"Hi", b"x" * 999), "line_too_long"),
        (b"", "no_header"),
        (b"\r\nFrom: a@b.test\r\n\r\n", "no_header"),
        (b" folded\r\n" + PLAIN, "bad_field"),
        (b"From a@b.test Tue Nov 24 05:00:00 2026\r\n" + PLAIN, "bad_field"),
        (b"Subject : spaced\r\n" + PLAIN, "bad_field"),
        (b"X-A: b\r\n \r\n" + PLAIN, "bad_field"),
        (b"X-A: \xff\r\n" + PLAIN, "bad_octets"),
        (b"X-A: a\x1bb\r\n" + PLAIN, "control_character"),
        (b"X-A: b\r\n" * 600 + PLAIN, "header_too_large"),
        (b"Subject: one\r\n" + PLAIN, "repeated"),
        (b"Received: x\r\n" * (MAX_HOPS + 1) + PLAIN, "loop"),
        (PLAIN.partition(b"\r\n")[2], "from_count"),
        (b"From: b@c.test\r\n" + PLAIN, "from_count"),
        (PLAIN.replace(b"Acme <shop@acme.test>", b"a@b.test, c@d.test"), "from_count"),
        (PLAIN.replace(b"Acme <shop@acme.test>", b"Us: a@b.test;"), "from_count"),
        (PLAIN.replace(b"Acme <shop@acme.test>", b""), "from_count"),
        (PLAIN.replace(b"shop@acme.test", b"shop@localhost"), "bad_from"),
        (PLAIN.replace(b"Acme", b'"ceo@bank.test"'), "from_name"),
        (PLAIN.replace(b"Acme", b"=?utf-8?q?ceo=40bank=2Etest?="), "from_name"),
    ],
)
def test_what_programs_would_read_differently_is_refused(raw: bytes, code: str) -> None:
    assert refused(raw) == code


@pytest.mark.parametrize(
    ("value", "mailbox"),
    [
        ("a@b.test", ("", "a@b.test")),
        ("<a@b.test>", ("", "a@b.test")),
        ("Ann Lee <a@b.test>", ("Ann Lee", "a@b.test")),
        ('"Lee, Ann" <a@b.test>', ("Lee, Ann", "a@b.test")),
        ("=?utf-8?b?5bGx55Sw?= <a@b.test>", ("山田", "a@b.test")),
        ("a@b.test, c@d.test", None),
        ("Group: a@b.test;", None),
        ("", None),
        ("nobody", ("", "nobody")),
    ],
)
def test_one_mailbox(value: str, mailbox: tuple[str, str] | None) -> None:
    assert mailbox_of(value) == mailbox


@pytest.mark.parametrize("value", ["((((", "<>;<", "a@b.test (", "\\", '"', "=?utf-8?b?!!!?= <"])
def test_broken_address_lists_raise_nothing(value: str) -> None:
    mailboxes_of(value)
    mailbox_of(value)


def test_text_beyond_ascii_in_the_header_becomes_encoded_words() -> None:
    raw = "From: 山田 <a@b.test>\r\nTo: 花子 <c@d.test>, e@f.test\r\nX-Note: é\r\n\r\n".encode()
    fields = [in_ascii(item) for item in read_raw(raw).fields]
    assert all(item.wire.isascii() for item in fields)
    again = read_raw("".join(item.wire for item in fields).encode() + b"\r\n")
    assert sender_of(again) == ("山田", "a@b.test")
    assert mailboxes_of(again.first("to"))[0] == [("花子", "c@d.test"), ("", "e@f.test")]


@pytest.mark.parametrize("field", ["Content-Type: text/plain; name=é", "In-Reply-To: <é@x>", "To: é;;<"])
def test_structured_fields_must_be_ascii(field: str) -> None:
    raw = f"From: a@b.test\r\n{field}\r\n\r\n".encode()
    with pytest.raises((BadRawMessage, BadHeader)):
        in_ascii(read_raw(raw).fields[1])


MIXED = b"""From: a@b.test\r
Content-Type: multipart/mixed; boundary="out"\r
\r
preamble --in\r
--out\r
Content-Type: multipart/alternative;\r
 boundary=out-in\r
\r
--out-in\r
Content-Type: text/plain; charset=iso-8859-1\r
Content-Transfer-Encoding: quoted-printable\r
\r
caf=E9\r
--out-in\r
Content-Language: en\r
Content-Type: text/html;\r
 charset=utf-8\r
\r
<p>hi</p>\r
--out-in--\r
--out\r
Content-Type: text/plain\r
Content-Disposition: attachment; filename=a.txt\r
\r
file\r
--out--\r
""".replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def test_texts_are_found_with_their_places() -> None:
    message = read_raw(MIXED)
    plain, html = text_parts(message)
    assert (plain.kind, plain.text, plain.fields) == ("plain", "café", "")
    assert (html.kind, html.text, html.fields) == ("html", "<p>hi</p>", "Content-Language: en\r\n")
    assert message.body[html.start : html.end].startswith(b"Content-Language: en\r\n")
    assert message.body[html.end :].startswith(b"\r\n--out-in--\r\n")


@pytest.mark.parametrize(
    "kind",
    [
        b"multipart/signed; boundary=x",
        b"multipart/encrypted; boundary=x",
        b"message/rfc822",
        b"application/pkcs7-mime",
        b"multipart/mixed",
    ],
)
def test_what_is_signed_sealed_or_forwarded_is_not_looked_into(kind: bytes) -> None:
    raw = (
        b"From: a@b.test\r\nContent-Type: "
        + kind
        + b"\r\n\r\n--x\r\nContent-Type: text/html\r\n\r\nhi\r\n--x--\r\n"
    )
    assert text_parts(read_raw(raw)) == []


def test_a_message_that_is_one_text() -> None:
    (part,) = text_parts(read_raw(PLAIN))
    assert (part.kind, part.start, part.end, part.fields, part.text) == ("plain", 0, 4, None, "Hi\r\n")


def test_nested_and_endless_parts_are_given_up() -> None:
    deep = b"From: a@b.test\r\nContent-Type: multipart/mixed; boundary=b0\r\n\r\n"
    for level in range(30):
        deep += b"--b%d\r\nContent-Type: multipart/mixed; boundary=b%d\r\n\r\n" % (level, level + 1)
    assert text_parts(read_raw(deep + b"x\r\n")) == []
    many = (
        b"From: a@b.test\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
        + b"--b\r\nA: b\r\n\r\nx\r\n" * 5000
    )
    assert text_parts(read_raw(many)) == []
