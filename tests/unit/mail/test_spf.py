"""SPF as RFC 7208 has it: outcomes, limits, macros; compared with pyspf."""

import asyncio
import warnings

import pytest

from relay_saas.mail.posture.spf import Outcome, Spf, check_host, count
from tests.unit.mail.answers import FAILS, Answers

with warnings.catch_warnings():
    # Its source has escapes that this Python warns of.
    warnings.simplefilter("ignore")
    import spf as judge

ADDRESS = "192.0.2.10"
ZONE: dict[str, str | list[str]] = {
    "plain.test TXT": "v=spf1 ip4:192.0.2.0/24 -all",
    "other.test TXT": "v=spf1 ip4:198.51.100.0/24 ~all",
    "six.test TXT": "v=spf1 ip6:2001:db8::/32 ?all",
    "redirected.test TXT": "v=spf1 redirect=plain.test",
    "including.test TXT": "v=spf1 include:other.test include:plain.test -all",
    "case.test TXT": "V=SPF1 IP4:192.0.2.10 -ALL",
    "a.test TXT": "v=spf1 a/28 -all",
    "a.test A": "192.0.2.1",
    "mx.test TXT": "v=spf1 mx -all",
    "mx.test MX": ["mx1.mx.test"],
    "mx1.mx.test A": ADDRESS,
    "exists.test TXT": "v=spf1 exists:%{ir}.list.test -all",
    "10.2.0.192.list.test A": "127.0.0.2",
    "ptr.test TXT": "v=spf1 ptr -all",
    "10.2.0.192.in-addr.arpa PTR": "host.ptr.test",
    "host.ptr.test A": ADDRESS,
    "nothing.test TXT": "some other text",
    "neutral.test TXT": "v=spf1 ip4:198.51.100.1",
    "unknown.test TXT": "v=spf1 made-up:x -all",
    "bad-prefix.test TXT": "v=spf1 a/99 -all",
    "bad-prefix.test A": "192.0.2.1",
    "twice.test TXT": ["v=spf1 -all", "v=spf1 +all"],
    "gone.test TXT": "v=spf1 include:nothing.test -all",
    "modifier.test TXT": "v=spf1 ip4:192.0.2.10 made-up=x -all",
    "two-redirects.test TXT": "v=spf1 redirect=plain.test redirect=other.test",
    "voids.test TXT": "v=spf1 a:v1.test a:v2.test a:v3.test ip4:192.0.2.10 -all",
    "loop.test TXT": "v=spf1 include:loop.test -all",
    "down.test TXT": FAILS,
    "to-down.test TXT": "v=spf1 include:down.test -all",
    **{f"chain{n}.test TXT": f"v=spf1 include:chain{n + 1}.test ?all" for n in range(12)},
    "chain12.test TXT": "v=spf1 ip4:192.0.2.10 -all",
}
DOMAINS = sorted({key.partition(" ")[0] for key in ZONE if key.endswith(" TXT") and "down" not in key})


def evaluated(domain: str, address: str = ADDRESS) -> Spf:
    return asyncio.run(check_host(Answers(ZONE), address=address, domain=domain))


@pytest.mark.parametrize(
    ("domain", "outcome", "reason"),
    [
        ("plain.test", "pass", ""),
        ("other.test", "softfail", ""),
        ("redirected.test", "pass", ""),
        ("including.test", "pass", ""),
        ("exists.test", "pass", ""),
        ("neutral.test", "neutral", ""),
        ("nothing.test", "none", ""),
        ("twice.test", "permerror", "several_records"),
        ("unknown.test", "permerror", "syntax"),
        ("gone.test", "permerror", "include_none"),
        ("loop.test", "permerror", "too_many_lookups"),
        ("voids.test", "permerror", "too_many_voids"),
        ("chain0.test", "permerror", "too_many_lookups"),
        ("chain3.test", "pass", ""),
        ("to-down.test", "temperror", "dns"),
    ],
)
def test_each_record_says_what_it_means(domain: str, outcome: str, reason: str) -> None:
    found = evaluated(domain)
    assert (found.outcome, found.reason) == (outcome, reason)


def _judged(zone: dict[str, str | list[str]], domain: str, address: str) -> str:
    """pyspf's word on the same zone."""

    def look_up(name: str, kind: str, *_: object, **__: object) -> list[tuple[tuple[str, str], object]]:
        value = zone.get(f"{name.rstrip('.')} {kind}".lower(), zone.get(f"{name.rstrip('.')} {kind}", []))
        values = [value] if isinstance(value, str) else value
        shaped: list[object] = [
            (one.encode(),) if kind in {"TXT", "SPF"} else (10, one) if kind == "MX" else one
            for one in values
        ]
        return [((name, kind), one) for one in shaped]

    query = judge.query(i=address, s=f"postmaster@{domain}", h=domain, strict=True, querytime=0)
    found, judge.DNSLookup = judge.DNSLookup, look_up
    try:
        return str(query.check()[0])
    finally:
        judge.DNSLookup = found


@pytest.mark.parametrize("domain", DOMAINS)
@pytest.mark.parametrize("address", [ADDRESS, "203.0.113.9", "2001:db8::1"])
def test_pyspf_comes_to_the_same_end(domain: str, address: str) -> None:
    assert evaluated(domain, address).outcome == _judged(ZONE, domain, address)


def test_a_count_walks_every_include_and_says_how_far_beyond_the_limit_it_is() -> None:
    found = asyncio.run(count(Answers(ZONE), "chain0.test"))
    assert (found.outcome, found.reason, found.lookups) == (Outcome.PERMERROR, "too_many_lookups", 12)
    assert asyncio.run(count(Answers(ZONE), "including.test")).lookups == 2
    voids = asyncio.run(count(Answers(ZONE), "voids.test"))
    assert (voids.reason, voids.voids) == ("too_many_voids", 3)


def test_a_record_that_includes_itself_is_not_walked_for_ever() -> None:
    answers = Answers(ZONE)
    assert asyncio.run(count(answers, "loop.test")).reason == "too_many_lookups"
    assert len(answers.asked) < 100


@pytest.mark.parametrize(
    ("spec", "name"),
    [
        ("%{d}", "email.example.com"),
        ("%{d2}", "example.com"),
        ("%{dr}", "com.example.email"),
        ("%{l}._spf.%{d2}", "strong-bad._spf.example.com"),
        ("%{l1r-}.x", "strong.x"),
        ("%{ir}.%{v}._spf.%{d2}", "3.2.0.192.in-addr._spf.example.com"),
        ("%{lr-}.lp.%{ir}.%{v}._spf.%{d2}", "bad.strong.lp.3.2.0.192.in-addr._spf.example.com"),
    ],
)
def test_macros_are_filled_in_as_in_the_rfcs_examples(spec: str, name: str) -> None:
    zone: dict[str, str | list[str]] = {
        "email.example.com TXT": f"v=spf1 exists:{spec} -all",
        f"{name} A": "127.0.0.2",
    }
    asked = check_host(
        Answers(zone), address="192.0.2.3", domain="email.example.com", sender="strong-bad@email.example.com"
    )
    assert asyncio.run(asked).outcome is Outcome.PASS
