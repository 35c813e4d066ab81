"""The judge's verdicts on messages that dkimpy signed itself, with keys published by RFC 2136."""

import pytest

from tests.integration.simulator.signed import Sender, letter, publish_sender
from tests.integration.simulator.world import World, wait_for

DOMAIN = "news.judged.test"
SOURCE = "127.30.0.5"


@pytest.fixture(scope="module")
def sender(plain: World) -> Sender:
    return publish_sender(plain, DOMAIN, SOURCE)


def verdict(world: World, recipient: str, message: bytes, source: str = SOURCE) -> dict:
    client = world.connect("127.20.9.1", source)
    client.ask("EHLO mx1.relay.test\r\n")
    mail = f"MAIL FROM:<b-{recipient.partition('@')[0]}@rp.{DOMAIN}>\r\n"
    assert client.deliver(recipient, message, mail).startswith("250")
    return wait_for(lambda: [line for line in world.lines("verdicts-1.log") if line["rcpt"] == recipient])[0]


def test_both_signatures_spf_and_dmarc_pass_aligned(plain: World, sender: Sender) -> None:
    found = verdict(plain, "good@acme.test", sender.sign(letter(DOMAIN, "good@acme.test")))
    assert [(each["selector"], each["result"]) for each in found["signatures"]] == [
        ("r1", "pass"),
        ("e1", "pass"),
    ]
    assert (found["dkim_rsa"], found["dkim_ed25519"], found["spf"], found["dmarc"]) == ("pass",) * 4
    assert found["dkim_aligned"]
    assert found["spf_aligned"]
    assert found["from_domain"] == DOMAIN


@pytest.mark.parametrize("part", [b"Hello in plain", b"Subject: Hello", b"From: News", b"One-Click"])
def test_a_flipped_byte_fails_both_signatures(plain: World, sender: Sender, part: bytes) -> None:
    message = sender.sign(letter(DOMAIN, "flip@acme.test"))
    changed = message.replace(part, part[:-1] + bytes([part[-1] ^ 1]))
    assert changed != message
    recipient = f"flip{part[0]}{len(part)}@acme.test"
    found = verdict(plain, recipient, changed)
    assert (found["dkim_rsa"], found["dkim_ed25519"]) == ("fail", "fail")
    # SPF is aligned still, and DMARC needs but one.
    assert found["dmarc"] == "pass"


def test_a_foreign_address_fails_spf_and_an_unsigned_message_dmarc(plain: World, sender: Sender) -> None:
    found = verdict(plain, "foreign@acme.test", letter(DOMAIN, "foreign@acme.test"), "127.30.0.6")
    assert (found["dkim_rsa"], found["dkim_ed25519"]) == ("none", "none")
    assert (found["spf"], found["spf_aligned"], found["dmarc"]) == ("fail", False, "fail")


def test_a_valid_signature_of_another_domain_is_not_aligned(plain: World, sender: Sender) -> None:
    other = publish_sender(plain, "other-sender.test", SOURCE)
    found = verdict(
        plain, "unaligned@acme.test", other.sign(letter(DOMAIN, "unaligned@acme.test")), "127.30.0.6"
    )
    assert found["dkim_rsa"] == "pass"
    assert not found["dkim_aligned"]
    assert found["dmarc"] == "fail"


def test_a_domain_without_a_policy_has_no_dmarc_verdict_and_a_broken_message_one(plain: World) -> None:
    assert (
        verdict(plain, "nopolicy@acme.test", letter("nopolicy.test", "nopolicy@acme.test"))["dmarc"] == "none"
    )
    assert verdict(plain, "nofrom@acme.test", b"no headers at all\r\n")["dmarc"] == "permerror"
    assert verdict(plain, "empty@acme.test", b"")["dkim_rsa"] == "none"
