"""Rows about the way to the receiver: encrypted, signed once more, and far away."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Final

import dns.query
import dns.rcode
import dns.update
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from relay_saas.embedded.supervisor import Program
from relay_saas.mail.dkim import load_key
from scripts.bench import relay
from scripts.bench.session import Bench
from scripts.bench.sink import free_port, receiving, receiving_tls
from scripts.bench.stand import BenchFailed, Stand

#: Where nothing but the path is to be the limit: connections to a provider from one address.
_RAISED: Final = {"max_connections": "250", "start_connections": "250"}
_PLATFORM: Final = "platform.test"
#: Mails whose three signatures are verified before the clock runs.
_FEW: Final = 500


def starttls_row(bench: Bench) -> None:
    """Every session encrypted, to a receiver of our own."""
    campaign = bench.draft(bench.count)
    result = relay.measure(bench.stand, campaign, receiver=receiving_tls)
    clear = bench.stand.owner.execute(
        "select count(*) from delivery_attempt where tenant_id = %s and campaign_id = %s and tls is not true",
        [campaign.tenant, campaign.id],
    ).fetchone()
    if clear != (0,):
        raise BenchFailed(f"messages that went in clear: {clear}")
    bench.note("relay, STARTTLS", result)
    bench.figures["starttls.messages_per_second"] = result.rate


def platform_row(bench: Bench) -> None:
    """A third signature, RSA of the installation's own domain, as the shared pool's setting."""
    settings = _platform(bench.stand)
    few = bench.draft(min(_FEW, bench.count))
    mails = bench.stand.supervisor.data.root / "platform-mails"
    relay.measure(bench.stand, few, mails=mails, signatures=relay.WITH_PLATFORM, settings=settings)
    mails.unlink()
    result = relay.measure(
        bench.stand, bench.draft(bench.count), signatures=relay.WITH_PLATFORM, settings=settings
    )
    bench.note("relay, platform signature", result)
    bench.figures["platform.messages_per_second"] = result.rate


def _platform(stand: Stand) -> dict[str, str]:
    """The settings of a fresh key, whose record is published."""
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    key = load_key(domain=_PLATFORM, selector="platform", algorithm="rsa-sha256", pem=pem)
    text = key.dns_txt()
    pieces = " ".join(f'"{text[at : at + 255]}"' for at in range(0, len(text), 255))
    update = dns.update.UpdateMessage(_PLATFORM)
    update.replace(f"platform._domainkey.{_PLATFORM}.", 300, "TXT", pieces)
    host, _, port = stand.dns.rpartition(":")
    answer = dns.query.tcp(update, host, port=int(port), timeout=5)
    if answer.rcode() != dns.rcode.NOERROR:
        raise BenchFailed(f"the platform's key could not be published: {answer.rcode()}")
    return {
        "RELAY_PLATFORM_DOMAIN": _PLATFORM,
        "RELAY_PLATFORM_KEY": pem.decode(),
        "RELAY_PLATFORM_SIGNS": "shared",
    }


def latency_row(bench: Bench) -> None:
    """100 ms of network between worker and receiver, and none, by the same path and with the same limits."""
    rates = {}
    with _raised_limits(bench.stand):
        for label, delay in (("0 ms", 0), ("100 ms", 50)):
            with _path(bench.stand, delay) as (near, far):
                receiver = partial(receiving, port=far)
                campaign = bench.draft(bench.count)
                result = relay.measure(bench.stand, campaign, receiver=receiver, port=near)
            bench.note(f"relay, path of {label}, raised limits", result)
            rates[delay] = result.rate
    bench.figures |= {
        "latency.rate_ratio_at_100ms": rates[50] / rates[0],
        "latency.messages_per_second_at_100ms": rates[50],
        "latency.messages_per_second_at_0ms": rates[0],
    }


@contextmanager
def _raised_limits(stand: Stand) -> Iterator[None]:
    """An operator's overrides for everything."""
    for setting, value in _RAISED.items():
        stand.owner.execute(
            "insert into delivery_shapingoverride (setting, value, reason, set_by) values (%s, %s, %s, %s)",
            [setting, value, "bench", "bench"],
        )
    try:
        yield
    finally:
        stand.owner.execute("delete from delivery_shapingoverride")


@contextmanager
def _path(stand: Stand, delay: int) -> Iterator[tuple[int, int]]:
    """The proxy's port and the receiver's, with so many milliseconds each way between them."""
    near, far = free_port(), free_port()
    argv = (sys.executable, "-m", "scripts.bench.delay", str(near), str(far), str(delay))
    child = stand.supervisor.spawn(Program(name="delay", argv=argv, stage=2))
    try:
        yield near, far
    finally:
        stand.stop(child)
