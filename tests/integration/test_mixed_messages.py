"""Five hundred mixed messages: Python's parser reads what was meant; dkimpy and OpenDKIM verify them."""

import html
import re
import time
from base64 import b64encode
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.utils import unquote
from uuid import UUID

import pytest

from delivery.engine.compose import Composer
from delivery.engine.content import Prepared, prepare
from delivery.models.stream import Stream
from relay_saas.mail.dkim import SigningKey, generate_key, load_key
from relay_saas.mail.smtp.transaction import Outgoing
from relay_saas.mail.tokens import Purpose, Token, TokenKeys, decode
from scripts.accounting.signatures import algorithms_that_verify, opendkim_verified, tampered
from tests.delivery.engine.jobs import a_job
from tests.e2e.whole_run import need_opendkim
from tests.mailbag import DOMAIN, Kind, Meant, kinds, people

KEYS = TokenKeys({1: b"k" * 32}, 1)
COMPOSER = Composer(token_keys=KEYS, edge_scheme="https", edge_port="")
#: A verifier looks at the clock: `t=` may not lie ahead of it, `x=` not behind.
SENT = datetime.fromtimestamp(int(time.time()) - 60, UTC)
BOTH = {"rsa-sha256", "ed25519-sha256"}
#: RFC 5322 §3.6, and ours: at most one of each.
ONCE = (
    "Date", "From", "To", "Cc", "Reply-To", "Subject", "Message-ID", "MIME-Version", "Content-Type",
    "List-Id", "List-Help", "List-Unsubscribe", "List-Unsubscribe-Post", "Feedback-ID", "X-Relay-Trace",
    "CFBL-Address", "CFBL-Feedback-ID",
)  # fmt: skip
TYPES = {"message/rfc822": "application/octet-stream", "text/plain; charset=utf-8": "text/plain"}


@dataclass(frozen=True, kw_only=True)
class Sent:
    meant: Meant
    message_id: UUID
    outgoing: Outgoing
    read: EmailMessage


@pytest.fixture(scope="module")
def keys() -> list[SigningKey]:
    return [
        load_key(domain=DOMAIN, selector=selector, algorithm=algorithm, pem=generate_key(algorithm)[0])
        for selector, algorithm in (("r1", "rsa-sha256"), ("e1", "ed25519-sha256"))
    ]


def content(kind: Kind, keys: list[SigningKey]) -> Prepared:
    row = {
        "from_name": kind.from_name, "from_address": f"news@{DOMAIN}", "reply_to": kind.reply_to or "",
        "subject": kind.subject, "html": kind.html, "text": kind.text, "is_template": True, "links": 1,
        "name": "Acme", "legal_name": "Acme K.K.", "postal_address": "", "contact_address": "",
        "domain_name": DOMAIN, "mailing_list_id": 4 if kind.list_name else None, "list_name": kind.list_name,
        "headers": [list(item) for item in kind.headers], "attachments": [],
    }  # fmt: skip
    files = [
        {"name": item.name, "content_type": item.content_type, "content": b64encode(item.content).decode(),
         "content_id": item.content_id or ""}
        for item in kind.attachments
    ]  # fmt: skip
    return prepare(row | {"attachments": files}, keys)


@pytest.fixture(scope="module")
def mail(keys: list[SigningKey]) -> list[Sent]:
    sent = []
    for kind in kinds():
        prepared = content(kind, keys)
        stream = Stream.MARKETING if kind.marketing else Stream.TRANSACTIONAL
        for meant in people(kind):
            message_id = UUID(int=meant.number + (1 << 90))
            job = a_job(
                message_id=message_id, rcpt=meant.rcpt, stream=stream.value,
                expires_at=SENT + timedelta(days=2),
                merge={"contact": {"name": meant.name, "points": meant.points}},
            )  # fmt: skip
            outgoing = COMPOSER.compose(job, prepared, dated_at=SENT)
            read = message_from_bytes(outgoing.data, policy=policy.default)
            sent.append(Sent(meant=meant, message_id=message_id, outgoing=outgoing, read=read))
    assert len(sent) == 500
    return sent


def text_of(part: EmailMessage) -> str:
    return part.get_payload(decode=True).decode().replace("\r\n", "\n")


def name_of_sender(data: bytes) -> str:
    """By the older of Python's parsers: the newer one leaves blanks between encoded words of a name."""
    phrase = message_from_bytes(data)["From"].rpartition("<")[0].strip()
    return unquote(phrase) if phrase.startswith('"') else str(make_header(decode_header(phrase)))


def closed(text: str) -> str:
    return text if text.endswith("\n") else text + "\n"


def test_every_header_says_what_was_meant(mail: list[Sent]) -> None:
    for one in mail:
        read, kind = one.read, one.meant.kind
        assert {name: len(read.get_all(name, [])) for name in ONCE if len(read.get_all(name, [])) > 1} == {}
        assert read["Subject"] == one.meant.subject()
        [recipient] = read["To"].addresses
        local, _, domain = one.meant.rcpt.rpartition("@")
        assert (recipient.username, recipient.domain) == (local.strip('"'), domain)
        # quotation marks are part of the address on the wire
        assert f"\r\nTo: {one.meant.rcpt}\r\n".encode() in one.outgoing.data
        assert one.outgoing.rcpt == one.meant.rcpt
        [sender] = read["From"].addresses
        assert (name_of_sender(one.outgoing.data), sender.addr_spec) == (kind.from_name, f"news@{DOMAIN}")
        assert read["Date"].datetime == SENT
        assert read["Message-ID"] == f"<{one.message_id.hex}@{DOMAIN}>"
        assert read["Reply-To"] == kind.reply_to
        assert all(read[name] == text.strip() for name, text in kind.headers)


def test_bodies_and_files_come_back_whole(mail: list[Sent]) -> None:
    for one in mail:
        kind = one.meant.kind
        assert not [part.defects for part in one.read.walk() if part.defects]
        plain, page = one.read.get_body(("plain",)), one.read.get_body(("html",))
        assert (plain is None, page is None) == (kind.text is None, kind.html is None)
        if plain is not None:
            assert text_of(plain) == closed(one.meant.text(click(one, text_of(plain))) or "")
        if page is not None:
            assert text_of(page) == closed(one.meant.html(click(one, text_of(page))) or "")
        found = {
            part.get_filename(): (part.get_content_type(), part.get_payload(decode=True))
            for part in one.read.walk()
            if part.get_filename()
        }
        assert found == {
            item.name: (TYPES.get(item.content_type, item.content_type), item.content)
            for item in kind.attachments
        }


def click(one: Sent, body: str) -> str:
    """The tracked link in `body`; it belongs to this message."""
    [token] = set(re.findall(r"https://t\.news\.acme\.test/c/([a-z2-7]{57})", html.unescape(body)))
    assert decode(token, Purpose.CLICK, f"t.{DOMAIN}", KEYS) == Token(Purpose.CLICK, 7, one.message_id)
    return f"https://t.{DOMAIN}/c/{token}"


def test_tokens_lead_back_to_the_message(mail: list[Sent]) -> None:
    for one in mail:
        local, _, host = one.outgoing.mail_from.partition("@")
        assert len(local) <= 64
        assert decode(local, Purpose.RETURN_PATH, host, KEYS).message == one.message_id
        trace, _, domain = one.read["X-Relay-Trace"].partition("@")
        assert decode(trace, Purpose.TRACE, domain, KEYS).message == one.message_id
        listed = one.read["List-Unsubscribe"]
        assert (listed is not None) is one.meant.kind.marketing
        if listed:
            page, address = re.findall(r"<([^>]+)>", listed)
            token = decode(page.rpartition("/")[2], Purpose.UNSUBSCRIBE, f"t.{DOMAIN}", KEYS)
            assert token.message == one.message_id
            token = decode(address[7:].partition("@")[0], Purpose.MAILTO, f"rp.{DOMAIN}", KEYS)
            assert token.message == one.message_id
            assert one.read["List-Help"] == f"<mailto:news@{DOMAIN}?subject=help>"
            assert one.read["List-Id"].endswith(f".{DOMAIN}>")


def test_lines_and_encoded_words_keep_their_lengths(mail: list[Sent]) -> None:
    words: Counter[str] = Counter()
    for one in mail:
        data = one.outgoing.data
        assert one.outgoing.clean
        assert data.isascii()
        assert data.count(b"\r\n") == data.count(b"\r") == data.count(b"\n")
        assert data.endswith(b"\r\n")
        assert b"\0" not in data
        lines = data.split(b"\r\n")
        assert max(map(len, lines)) <= 998
        assert not any(line.startswith((b".", b"From ")) for line in lines)
        body = data.partition(b"\r\n\r\n")[2]
        assert max(map(len, body.split(b"\r\n"))) <= 76
        for word in re.findall(r"=\?utf-8\?[bq]\?[^?]*\?=", data.partition(b"\r\n\r\n")[0].decode()):
            assert len(word) <= 75
            # whole characters: each word decodes by itself
            [(octets, charset)] = decode_header(word)
            octets.decode(charset)
            words[word[8]] += 1
    assert min(words["b"], words["q"]) > 50


def test_dkimpy_verifies_both_signatures_and_refuses_what_was_changed(
    mail: list[Sent], keys: list[SigningKey]
) -> None:
    zone = {f"{key.selector}._domainkey.{DOMAIN}.".encode(): key.dns_txt().encode() for key in keys}

    def find(name: bytes, timeout: int = 5) -> bytes | None:
        return zone.get(name)

    for number, one in enumerate(mail):
        data = one.outgoing.data
        assert algorithms_that_verify(data, find) == BOTH
        changes = list(tampered(data))
        _, changed = changes[number % len(changes)]
        assert algorithms_that_verify(changed, find) == set()


def test_opendkim_verifies_them_all_and_none_that_was_changed(
    mail: list[Sent], keys: list[SigningKey]
) -> None:
    need_opendkim()
    record = keys[0].dns_txt().encode()

    def find(name: bytes, timeout: int = 5) -> bytes | None:
        return record

    assert opendkim_verified([one.outgoing.data for one in mail], find) == 500
    changed = [list(tampered(one.outgoing.data))[number % 3][1] for number, one in enumerate(mail[::5])]
    assert opendkim_verified(changed, find) == 0


def test_a_signature_ends_some_days_after_the_messages_life(mail: list[Sent]) -> None:
    for field in re.findall(rb"DKIM-Signature: [^\r]*(?:\r\n[ \t][^\r]*)*", mail[0].outgoing.data):
        tags = dict(part.strip().split(b"=", 1) for part in re.sub(rb"\s+", b"", field).split(b";"))
        life = int(tags[b"x"]) - int(SENT.timestamp())
        assert timedelta(days=3) < timedelta(seconds=life) < timedelta(days=10)
        assert b"l" not in tags
