"""DKIM: an independent verifier (dkimpy) accepts both signatures, and refuses them after any change."""

import base64
import re
from typing import Any

import dkim
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from hypothesis import given, settings
from hypothesis import strategies as st

from relay_saas.mail.dkim import (
    SIGNED_HEADERS,
    Algorithm,
    BadKey,
    SigningKey,
    UnsignableMessage,
    generate_key,
    load_key,
    sign,
)

NOW = 1_764_000_000
HEAD = (
    "Date: Tue, 24 Nov 2026 00:00:00 +0000",
    "From: =?utf-8?b?44Ki44Kv44Oh?= <news@news.acme.test>",
    "To: taro@gmail.test",
    "Cc: hanako@gmail.test",
    "Reply-To: desk@acme.test",
    "Subject: a  long\r\n\tsubject ",
    "Message-ID: <019ab@news.acme.test>",
    "List-Unsubscribe: <https://t.news.acme.test/u/x>,\r\n <mailto:x@rp.news.acme.test>",
    "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
    "List-Id: <list-3.news.acme.test>",
    "Feedback-ID: c1:t1:marketing:relay",
    "CFBL-Address: b@rp.news.acme.test; report=arf",
    "CFBL-Feedback-ID: t2",
    "X-Other: not signed",
    "MIME-Version: 1.0",
    'Content-Type: multipart/alternative;\r\n boundary="=_1"',
)
BODY = b"--=_1\r\nContent-Type: text/plain\r\n\r\nHello  there \t\r\n\r\n--=_1--\r\n\r\n\r\n"
MESSAGE = "\r\n".join(HEAD).encode() + b"\r\n\r\n" + BODY
ALGORITHMS: tuple[Algorithm, ...] = ("rsa-sha256", "ed25519-sha256")

GOLDEN = (
    b"DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;\r\n"
    b" d=football.example.com; s=brisbane;\r\n"
    b" t=1764000000; x=1764000009;\r\n"
    b" h=from:from:to:cc:subject:date:reply-to:message-id:mime-version:\r\n"
    b"  content-type:list-unsubscribe:list-unsubscribe-post:list-id:\r\n"
    b"  feedback-id:cfbl-address:cfbl-feedback-id;\r\n"
    b" bh=RHI91NDg1Go8f6isolS2HCe2tXiflhd+gsgHAECfFTU=;\r\n"
    b" b=RWSzsT+L85sUaOoYxpgHo347PnUHxiCkxa/HqdOc6YsW1uOkNZj4Ec7ORRpr3Yolzp8LhsB6\r\n"
    b" vx2HaMi//i58DA==\r\n"
    b"From: a@football.example.com\r\n"
    b"\r\n"
    b"hi\r\n"
)


@pytest.fixture(scope="module")
def pairs() -> dict[Algorithm, tuple[bytes, str]]:
    return {algorithm: generate_key(algorithm) for algorithm in ALGORITHMS}


@pytest.fixture(scope="module")
def keys(pairs: dict[Algorithm, tuple[bytes, str]]) -> list[SigningKey]:
    selectors = {"rsa-sha256": "r1", "ed25519-sha256": "e1"}
    return [
        load_key(domain="news.acme.test", selector=selectors[name], algorithm=name, pem=pairs[name][0])
        for name in ALGORITHMS
    ]


@pytest.fixture(scope="module")
def zone(keys: list[SigningKey]) -> dict[str, str]:
    return {f"{key.selector}._domainkey.{key.domain}.": key.dns_txt() for key in keys}


def verdicts(message: bytes, zone: dict[str, str]) -> list[bool]:
    """What dkimpy says about each signature of the message."""
    judge = dkim.DKIM(message)
    count = sum(1 for name, _ in judge.headers if name.lower() == b"dkim-signature")

    def lookup(name: bytes, timeout: int = 5) -> bytes:
        return zone.get(name.decode(), "").encode()

    found = []
    for index in range(count):
        try:
            found.append(dkim.DKIM(message).verify(idx=index, dnsfunc=lookup))
        except dkim.DKIMException:
            found.append(False)
    return found


@pytest.fixture(scope="module")
def signed(keys: list[SigningKey]) -> bytes:
    return sign(MESSAGE, keys, NOW)


def test_both_signatures_verify_and_the_message_is_untouched(signed: bytes, zone: dict[str, str]) -> None:
    assert verdicts(signed, zone) == [True, True]
    assert signed.endswith(MESSAGE)


def test_rsa_comes_first_and_the_tags_are_those_meant(signed: bytes) -> None:
    first, second = re.findall(rb"DKIM-Signature: ([^\r\n]*(?:\r\n[ \t][^\r\n]*)*)", signed)
    assert b"a=rsa-sha256" in first
    assert b"a=ed25519-sha256" in second
    for field in (first, second):
        tags = dict(part.strip().split(b"=", 1) for part in re.sub(rb"\s+", b"", field).split(b";"))
        assert (tags[b"v"], tags[b"c"], tags[b"d"]) == (b"1", b"relaxed/relaxed", b"news.acme.test")
        assert tags[b"t"] == str(NOW).encode()
        assert not {b"l", b"x", b"i"} & set(tags)
        assert len(base64.b64decode(tags[b"b"])) == {first: 256, second: 64}[field]


def test_each_listed_header_is_named_once_more_than_present(signed: bytes) -> None:
    named = re.search(rb"h=([^;]*);", signed)[1]
    names = re.sub(rb"\s", b"", named).decode().split(":")
    for name in SIGNED_HEADERS:
        present = sum(1 for line in HEAD if line.lower().startswith(f"{name}:"))
        assert names.count(name) == present + 1
    assert set(names) == set(SIGNED_HEADERS)


@pytest.mark.parametrize("name", SIGNED_HEADERS)
def test_a_changed_signed_header_fails(signed: bytes, zone: dict[str, str], name: str) -> None:
    head, _, body = signed.partition(b"\r\n\r\n")
    pattern = re.compile(rb"(?mi)^(" + name.encode() + rb":\s*\S*)(\S)")
    changed, count = pattern.subn(lambda match: match[1] + bytes([match[2][0] ^ 1]), head)
    assert count == 1
    assert verdicts(changed + b"\r\n\r\n" + body, zone) == [False, False]


@pytest.mark.parametrize("name", SIGNED_HEADERS)
@pytest.mark.parametrize("place", ["top", "bottom"])
def test_a_second_signed_header_fails_wherever_it_is_put(
    signed: bytes, zone: dict[str, str], name: str, place: str
) -> None:
    extra = f"{name.title()}: evil@other.test\r\n".encode()
    head, _, body = signed.partition(b"\r\n\r\n")
    changed = {"top": extra + signed, "bottom": head + b"\r\n" + extra + b"\r\n" + body}[place]
    assert verdicts(changed, zone) == [False, False]


@pytest.mark.parametrize("name", SIGNED_HEADERS)
def test_a_removed_signed_header_fails(signed: bytes, zone: dict[str, str], name: str) -> None:
    head, _, body = signed.partition(b"\r\n\r\n")
    removed, count = re.subn(rb"(?mi)^" + name.encode() + rb":.*\r\n(?:[ \t].*\r\n)*", b"", head + b"\r\n")
    assert count == 1
    assert verdicts(removed + b"\r\n" + body, zone) == [False, False]


def test_a_header_that_was_absent_cannot_be_added(keys: list[SigningKey], zone: dict[str, str]) -> None:
    bare = b"From: a@news.acme.test\r\nX: y\r\n\r\nbody\r\n"
    signed = sign(bare, keys, NOW)
    assert verdicts(signed, zone) == [True, True]
    assert verdicts(b"Subject: evil\r\n" + signed, zone) == [False, False]


def test_a_flipped_body_byte_fails(signed: bytes, zone: dict[str, str]) -> None:
    start = len(signed) - len(BODY)
    for position in (start, start + len(BODY) // 2, signed.rindex(b"--=_1--")):
        changed = bytearray(signed)
        changed[position] ^= 1
        assert verdicts(bytes(changed), zone) == [False, False]


def test_a_flipped_signature_fails_alone(signed: bytes, zone: dict[str, str]) -> None:
    position = signed.index(b" b=") + 10
    changed = (
        signed[:position]
        + (b"A" if signed[position : position + 1] != b"A" else b"B")
        + signed[position + 1 :]
    )
    assert verdicts(changed, zone) == [False, True]


def test_another_key_in_the_zone_fails(signed: bytes, zone: dict[str, str]) -> None:
    other = {**zone, "e1._domainkey.news.acme.test.": generate_key("ed25519-sha256")[1]}
    assert verdicts(signed, other) == [True, False]


def test_repeated_headers_are_signed_from_the_bottom_up(keys: list[SigningKey], zone: dict[str, str]) -> None:
    twice = b"Cc: one@a.test\r\nFrom: a@news.acme.test\r\nCc: two@a.test\r\n\r\nbody\r\n"
    signed = sign(twice, keys, NOW)
    assert verdicts(signed, zone) == [True, True]
    swapped = signed.replace(b"one@", b"tmp@").replace(b"two@", b"one@").replace(b"tmp@", b"two@")
    assert verdicts(swapped, zone) == [False, False]


def test_a_relay_that_refolds_and_changes_blanks_does_not_break_the_signature(
    signed: bytes, zone: dict[str, str]
) -> None:
    changed = signed.replace(b"a  long\r\n\tsubject ", b"a long subject").replace(
        b"Hello  there \t\r\n", b"Hello there\r\n"
    )
    changed = changed.replace(b"Cc: hanako", b"CC:  hanako").removesuffix(b"\r\n\r\n")
    assert changed != signed
    assert verdicts(changed, zone) == [True, True]


def test_the_same_input_gives_the_same_octets(keys: list[SigningKey], signed: bytes) -> None:
    assert sign(MESSAGE, keys, NOW) == signed


def test_the_signed_form_never_changes_unseen(keys: list[SigningKey]) -> None:
    """Golden: header field of the Ed25519 signature with the test key of RFC 8463 A.2."""
    secret = base64.b64decode("nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=")
    pem = b"-----BEGIN PRIVATE KEY-----\n" + base64.b64encode(
        bytes.fromhex("302e020100300506032b657004220420") + secret
    )
    pem += b"\n-----END PRIVATE KEY-----\n"
    key = load_key(domain="football.example.com", selector="brisbane", algorithm="ed25519-sha256", pem=pem)
    assert key.dns_txt() == "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
    assert sign(b"From: a@football.example.com\r\n\r\nhi\r\n", [key], NOW, NOW + 9) == GOLDEN


def test_expiry_is_written_when_asked_for(keys: list[SigningKey], zone: dict[str, str]) -> None:
    signed = sign(MESSAGE, keys, NOW, expires=4_000_000_000)
    assert signed.count(b" x=4000000000;") == 2
    assert verdicts(signed, zone) == [True, True]


def test_header_lines_stay_short_and_ascii(signed: bytes) -> None:
    added = signed[: -len(MESSAGE)]
    assert added.isascii()
    assert max(map(len, added.split(b"\r\n"))) <= 78


@settings(max_examples=60)
@given(
    body=st.lists(st.sampled_from([b" ", b"\t", b"\r\n", b"a", b".", b"x  y"]), max_size=12).map(b"".join),
    value=st.lists(st.sampled_from([" ", "\t", "\r\n ", "a", ":", ";"]), max_size=8).map("".join),
)
def test_blanks_and_line_ends_of_any_kind_verify(
    keys: list[SigningKey], zone: dict[str, str], body: bytes, value: str
) -> None:
    message = f"From: a@news.acme.test\r\nsUbject:{value}z\r\n\r\n".encode() + body + b"\r\n"
    assert verdicts(sign(message, keys[1:], NOW), zone) == [True]


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_generated_key_is_pkcs8_and_its_record_matches(
    pairs: dict[Algorithm, tuple[bytes, str]], algorithm: Algorithm
) -> None:
    pem, record = pairs[algorithm]
    assert pem.startswith(b"-----BEGIN PRIVATE KEY-----")
    private = serialization.load_pem_private_key(pem, None)
    value = base64.b64decode(record.partition("p=")[2])
    if algorithm == "rsa-sha256":
        assert record.startswith("v=DKIM1; k=rsa; p=")
        assert private.key_size == 2048
        assert serialization.load_der_public_key(value) == private.public_key()
    else:
        assert record.startswith("v=DKIM1; k=ed25519; p=")
        assert value == private.public_key().public_bytes_raw()
        assert len(value) == 32


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"domain": "News.acme.test"}, "bad_name"),
        ({"domain": "a;d=b.test"}, "bad_name"),
        ({"selector": "r1\r\n"}, "bad_name"),
        ({"pem": b"nonsense"}, "bad_key"),
        ({"algorithm": "ed25519-sha256"}, "wrong_algorithm"),
    ],
)
def test_a_key_that_cannot_sign_is_refused(
    pairs: dict[Algorithm, tuple[bytes, str]], change: dict[str, Any], code: str
) -> None:
    good = {"domain": "a.test", "selector": "r1", "algorithm": "rsa-sha256", "pem": pairs["rsa-sha256"][0]}
    with pytest.raises(BadKey) as caught:
        load_key(**good | change)
    assert caught.value.code == code


@pytest.mark.parametrize("algorithm", ["rsa-sha256", "ed25519-sha256"])
def test_a_known_key_signs_like_one_that_was_checked(
    pairs: dict[Algorithm, tuple[bytes, str]], algorithm: Algorithm
) -> None:
    given = {"domain": "a.test", "selector": "r1", "algorithm": algorithm, "pem": pairs[algorithm][0]}
    message = b"From: a@a.test\r\n\r\nHello\r\n"
    checked, known = load_key(**given), load_key(**given, known=True)
    assert sign(message, [known], 1) == sign(message, [checked], 1)


@pytest.mark.parametrize(
    ("private", "code"),
    [
        (rsa.generate_private_key(65537, 1024), "weak_key"),  # noqa: S505 - the point of the test
        (ec.generate_private_key(ec.SECP256R1()), "wrong_algorithm"),
    ],
)
def test_a_foreign_key_is_refused(private: PrivateKeyTypes, code: str) -> None:
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    with pytest.raises(BadKey) as caught:
        load_key(domain="a.test", selector="r1", algorithm="rsa-sha256", pem=pem)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("message", "code"),
    [
        (b"From: a@b.test\n\nx\n", "bare_line_end"),
        (b"From: a@b.test\r\n\r\nx\ry\r\n", "bare_line_end"),
        (b"From: a@b.test\r\n\r\nx\n", "bare_line_end"),
        (b"From: a@b.test\r\n\r\nx", "open_last_line"),
        (b"From: a@b.test\r\n", "no_header"),
        (b"To: a@b.test\r\n\r\nx\r\n", "from_count"),
        (b"From: a@b.test\r\nfrom : c@d.test\r\n\r\nx\r\n", "from_count"),
    ],
)
def test_what_is_not_one_message_is_not_signed(keys: list[SigningKey], message: bytes, code: str) -> None:
    with pytest.raises(UnsignableMessage) as caught:
        sign(message, keys, NOW)
    assert caught.value.code == code


def test_an_expiry_in_the_past_is_refused(keys: list[SigningKey]) -> None:
    with pytest.raises(UnsignableMessage, match="expire"):
        sign(MESSAGE, keys, NOW, NOW)


def test_a_private_key_never_shows_in_a_log(keys: list[SigningKey]) -> None:
    assert all("private" not in repr(key) for key in keys)
    assert isinstance(keys[0], SigningKey)
