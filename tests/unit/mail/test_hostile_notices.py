"""Mail that is made to hurt the reader of reports: bounded in time and memory, believed in nothing."""

import base64
import time
import tracemalloc
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256

from relay_saas.mail.mime_reader import SIZE_LIMIT
from relay_saas.mail.returned import read_returned

MIB = 1024 * 1024
SERVER = b"From: MAILER-DAEMON@evil.test\r\nSubject: failure notice\r\n"
REPORT = b"Content-Type: multipart/report; boundary=b\r\n\r\n"
STATUS = b"--b\r\nContent-Type: message/delivery-status\r\n\r\n"
FEEDBACK = b"--b\r\nContent-Type: message/feedback-report\r\n\r\nFeedback-Type: abuse\r\n\r\n"
GROUP = b"Final-Recipient: rfc822; a@b.test\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n"
PADDED = base64.encodebytes(b"\0" * MIB)

HOSTILE: dict[str, bytes] = {
    "nested without end": b"".join(
        b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (n, n) for n in range(20_000)
    ),
    "messages in messages": (b"Content-Type: message/rfc822\r\n\r\n" * 40_000),
    "parts without end": REPORT + b"--b\r\n\r\n" * 400_000,
    "one boundary for all depths": REPORT + (b"--b\r\n" + REPORT) * 20_000,
    "a boundary of nothing": b'Content-Type: multipart/report; boundary=""\r\n\r\n' + b"--\r\n" * 400_000,
    "a boundary of two hundred": b"Content-Type: multipart/report; boundary="
    + b"-" * 200
    + b"\r\n\r\n"
    + b"-" * MIB,
    "groups without end": REPORT + STATUS + GROUP * 30_000,
    "folds without end": b"Subject: " + b" \r\n" * 500_000,
    "headers without end": b"".join(b"X-%d: y\r\n" % n for n in range(150_000)) + b"\r\n",
    "one header of a megabyte": b"From: " + b"MAILER-DAEMON@evil.test" * 60_000 + b"\r\n\r\n",
    "content type without end": b"Content-Type: " + b"multipart/" * 150_000 + b"\r\n\r\n",
    "a subject of encoded words": b"Subject: " + b"=?utf-8?B?4oCu?= " * 80_000 + b"\r\n\r\n",
    "a base64 bomb": SERVER + b"Content-Transfer-Encoding: base64\r\n\r\n" + PADDED * 4,
    "base64 that is none": SERVER + b"Content-Transfer-Encoding: base64\r\n\r\n" + b"=====" * 400_000,
    "quoted-printable that is none": SERVER
    + b"Content-Transfer-Encoding: quoted-printable\r\n\r\n"
    + b"=\r\n==" * 300_000,
    "a charset that is a codec": SERVER + b"Content-Type: text/plain; charset=zlib_codec\r\n\r\nx" * 1000,
    "a charset that does not exist": SERVER
    + b"Content-Type: text/plain; charset=\0\xff../x\r\n\r\n\xff\xfe" * 9,
    "addresses without end": SERVER + b"\r\nundelivered " + b"a@b.test," * 200_000,
    "half an address": SERVER + b"\r\nundelivered " + b"a" * MIB + b"@",
    "dots": REPORT + STATUS + b"Status: " + b"5." * 500_000,
    "digits": SERVER + b"\r\nundelivered a@b.test " + b"550 " * 300_000,
    "tags without end": SERVER + b"Content-Type: text/html\r\n\r\n" + b"<body><style" * 150_000,
    "tokens without end": REPORT + FEEDBACK + (b"a" * 57 + b"@x.test ") * 20_000,
    "nearly a token": REPORT + FEEDBACK + b"a" * MIB,
    "links without end": REPORT + FEEDBACK + b"//x.test/u/" * 100_000,
    "binary": bytes(range(256)) * 5000,
    "nothing but line ends": b"\r\n" * 600_000,
    "nothing": b"",
}


def cost(work: Callable[[], object]) -> float:
    """The least processor time of three tries."""
    took = []
    for _ in range(3):
        began = time.process_time()
        work()
        took.append(time.process_time() - began)
    return min(took)


@pytest.fixture(scope="module")
def signature() -> float:
    """Seconds of one RSA-2048 signature here."""
    key = rsa.generate_private_key(65537, 2048)
    return cost(lambda: [key.sign(b"x", padding.PKCS1v15(), SHA256()) for _ in range(20)]) / 20


@pytest.mark.parametrize("raw", HOSTILE.values(), ids=list(HOSTILE))
def test_it_is_read_in_bounded_time(raw: bytes, signature: float) -> None:
    # What is quadratic in a megabyte takes a hundred thousand signatures.
    assert cost(lambda: read_returned(raw)) < 400 * signature


@pytest.mark.parametrize("raw", HOSTILE.values(), ids=list(HOSTILE))
def test_it_is_read_in_bounded_memory(raw: bytes) -> None:
    tracemalloc.start()
    try:
        read_returned(raw)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 24 * SIZE_LIMIT


def test_there_are_twenty_of_them() -> None:
    assert len(HOSTILE) >= 20


LIES: dict[str, bytes] = {
    "a recipient of ten thousand letters": REPORT + STATUS + GROUP.replace(b"a@b", b"a" * 10_000 + b"@b"),
    "controls": REPORT + STATUS + GROUP + b"Diagnostic-Code: smtp; 550 \x1b[31m\xe2\x80\xaeevil\x00\r\n",
    "a line break in the status": REPORT + STATUS + GROUP.replace(b"5.1.1", b"5.1.1\r\n Bcc: x@y.test"),
    "two actions": REPORT + STATUS + b"Action: delayed\r\n" + GROUP,
}


@pytest.mark.parametrize("raw", LIES.values(), ids=list(LIES))
def test_what_it_says_is_safe_to_store_and_show(raw: bytes) -> None:
    report = read_returned(raw).report
    assert report is not None
    for text in (report.diagnostic, report.final_recipient, report.status, report.remote_mta):
        assert text is None or (text.isprintable() and len(text) <= 1000)
    assert report.final_recipient is None or len(report.final_recipient) <= 320


def test_of_two_actions_the_first_is_taken() -> None:
    report = read_returned(LIES["two actions"]).report
    assert report is not None
    assert report.action == "delayed"
