"""Whatever octets come: a message, or a refusal with its reason, and nothing in between."""

import random
from contextlib import suppress

import pytest

from accounts.models import Tenant
from delivery.models.stream import Stream
from relay_saas.web.errors import RelayError
from tests.delivery.raw import PLAIN, accept, composed
from tests.delivery.test_raw_submission import HTML

pytestmark = pytest.mark.usefixtures("domain")

HEAD = b"\r\nCc: =?utf-8?q?a=00b?= <x@y.test>, G: z@q.test;\r\nReply-To: =?utf-8?b?7aCA?= <a@b.test>\r\n"
WORDS = (
    "=?utf-8?b?7aCA?= =?unknown-8bit?q?=ff?= =?utf-8?q?=00?= boundary= charset=utf-7 charset=utf-16-le {{ {% "
    'https:// % \\ , < > ( " --b : ; =00 \xe9 =?'
)
BITS = [b"\r\n", b"\r\n\r\n", b" ", b"\t", *WORDS.encode("latin-1").split()]


@pytest.mark.parametrize("seed", range(8))
def test_whatever_comes_is_accepted_or_refused_and_nothing_else(tenant: Tenant, seed: int) -> None:
    chance = random.Random(seed)
    whole = PLAIN.partition(b"\r\n\r\n")[0] + HEAD + HTML
    for _ in range(30):
        octets = bytearray(whole)
        for _ in range(chance.randrange(1, 6)):
            at = chance.randrange(len(octets))
            octets[at : at + chance.randrange(4)] = chance.choice(BITS)
        with suppress(RelayError):
            accepted = accept(tenant, bytes(octets), stream=chance.choice(list(Stream)[1:]), track_opens=True)
            composed(tenant, accepted)


@pytest.mark.parametrize("name", ["Subject", "Reply-To", "X-Relay-Tag", "X-Relay-Metadata-a"])
def test_what_no_database_keeps_is_taken_out_of_encoded_words(tenant: Tenant, name: str) -> None:
    raw = PLAIN.replace(b"Subject: Order 17\r\n", b"")
    for number, word in enumerate(("=?utf-8?q?a=00b?=", "=?utf-8?b?7aCA?=", "=?unknown-8bit?q?=ff?=")):
        field = f"{name}: {word} <a@b.test>\r\n" if name == "Reply-To" else f"{name}: {word}\r\n"
        with suppress(RelayError):
            accept(tenant, field.encode() + raw.replace(b"<1@", b"<%d@" % number))
