"""The security report of any domain, from a DNS in a dictionary."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from relay_saas.mail.dns import DnsTemporaryError
from relay_saas.mail.domain_report.bounded import BoundedAsks
from relay_saas.mail.domain_report.report import DomainReport, look
from relay_saas.mail.posture.asks import State
from tests.unit.mail.answers import FAILS, Answers

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
POLICY = "version: STSv1\nmode: enforce\nmx: *.acme.test\nmax_age: 604800\n"
KEY = "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
GOOD: dict[str, Any] = {
    "acme.test MX": ["mx1.acme.test", "mx2.acme.test"],
    "mx1.acme.test A": "192.0.2.1",
    "mx2.acme.test A": "192.0.2.2",
    "1.2.0.192.in-addr.arpa. PTR": "mx1.acme.test",
    "1.2.0.192.in-addr.arpa PTR": "mx1.acme.test",
    "2.2.0.192.in-addr.arpa PTR": "mx2.acme.test",
    "acme.test TXT": "v=spf1 mx -all",
    "_dmarc.acme.test TXT": "v=DMARC1; p=reject; rua=mailto:d@acme.test",
    "google._domainkey.acme.test TXT": KEY,
    "_mta-sts.acme.test TXT": "v=STSv1; id=1",
    "_smtp._tls.acme.test TXT": "v=TLSRPTv1; rua=mailto:t@acme.test",
    "acme.test DS": "1 13",
}


def report(
    changes: dict[str, Any] | None = None, *, policy: str | None = POLICY, without: str = ""
) -> DomainReport:
    async def fetch(_domain: str) -> str | None:
        return policy

    zone = {key: value for key, value in (GOOD | (changes or {})).items() if key != without}
    return asyncio.run(look(Answers(zone), "acme.test", fetch=fetch, now=NOW))


def reason(found: DomainReport, code: str) -> str:
    return next(one.result.reason for one in found.findings if one.result.code == code)


def test_a_domain_with_everything_has_the_full_score() -> None:
    found = report()
    assert (found.score, found.grade, found.count(State.PROBLEM, State.WARNING)) == (100, "A", 0)


def test_a_name_that_nobody_has_is_not_judged() -> None:
    async def fetch(_domain: str) -> str | None:
        return None

    found = asyncio.run(look(Answers({}), "nothing.test", fetch=fetch, now=NOW))
    assert (found.exists, found.score, found.findings) == (False, None, ())


@pytest.mark.parametrize(
    ("code", "changes", "without", "expected"),
    [
        ("spf", {}, "acme.test TXT", "spf_none"),
        ("spf", {"acme.test TXT": ["v=spf1 -all", "v=spf1 mx -all"]}, "", "spf_several"),
        ("spf", {"acme.test TXT": "v=spf1 +all"}, "", "spf_everybody"),
        ("spf", {"acme.test TXT": "v=spf1 mx ?all"}, "", "spf_open"),
        ("spf", {"acme.test TXT": "v=spf1 mx ~all"}, "", "spf_soft"),
        ("spf", {"acme.test TXT": "v=spf1 nonsense:x -all"}, "", "spf_broken"),
        ("dkim", {}, "google._domainkey.acme.test TXT", "dkim_unseen"),
        ("dmarc", {}, "_dmarc.acme.test TXT", "dmarc_none"),
        ("dmarc", {"_dmarc.acme.test TXT": "v=DMARC1; p=none; rua=mailto:d@acme.test"}, "", "dmarc_watching"),
        ("dmarc", {"_dmarc.acme.test TXT": "v=DMARC1; p=reject"}, "", "dmarc_unheard"),
        ("dmarc", {"_dmarc.acme.test TXT": ["v=DMARC1; p=none", "v=DMARC1; p=reject"]}, "", "dmarc_several"),
        ("mx", {"acme.test MX": ""}, "", "mx_null"),
        ("mx", {}, "acme.test MX", "mx_none"),
        ("mx", {"acme.test MX": "gone.acme.test"}, "", "mx_dead"),
        ("mx", {}, "mx2.acme.test A", "mx_some_dead"),
        ("ptr", {"2.2.0.192.in-addr.arpa PTR": "other.test"}, "", "ptr_missing"),
        ("mta_sts", {}, "_mta-sts.acme.test TXT", "sts_none"),
        ("mta_sts", {"acme.test MX": "mx.b.test", "mx.b.test A": "192.0.2.3"}, "", "sts_left_out"),
        ("tls_rpt", {}, "_smtp._tls.acme.test TXT", "tls_rpt_none"),
        ("dnssec", {}, "acme.test DS", "dnssec_none"),
        ("bimi", {}, "", "bimi_ready"),
        ("bimi", {"default._bimi.acme.test TXT": "v=BIMI1; l=https://a.test/l.svg"}, "", "bimi_found"),
        ("spf", {"acme.test TXT": FAILS}, "", "dns"),
    ],
)  # fmt: skip
def test_each_fault_has_its_reason(code: str, changes: dict[str, Any], without: str, expected: str) -> None:
    assert reason(report(changes, without=without), code) == expected


def test_a_policy_that_cannot_be_fetched_is_a_problem() -> None:
    assert reason(report(policy=None), "mta_sts") == "sts_no_policy"
    assert reason(report(policy=POLICY.replace("enforce", "testing")), "mta_sts") == "sts_testing"


def test_what_dns_does_not_say_costs_no_points() -> None:
    found = report({"acme.test TXT": FAILS, "_dmarc.acme.test TXT": FAILS})
    assert found.exists
    assert found.score == 100


@pytest.mark.parametrize(
    ("code", "without", "value"),
    [
        ("spf", "acme.test TXT", "v=spf1 mx -all"),
        ("dmarc", "_dmarc.acme.test TXT", "v=DMARC1; p=none; rua=mailto:postmaster@acme.test"),
        ("mta_sts", "_mta-sts.acme.test TXT", "v=STSv1; id=202611241200"),
        ("tls_rpt", "_smtp._tls.acme.test TXT", "v=TLSRPTv1; rua=mailto:postmaster@acme.test"),
    ],
)
def test_a_missing_record_comes_ready_to_set(code: str, without: str, value: str) -> None:
    found = report(without=without)
    assert [one.record.value for one in found.findings if one.result.code == code and one.record] == [value]


def test_a_domain_without_mail_is_told_to_say_so() -> None:
    async def fetch(_domain: str) -> str | None:
        return None

    found = asyncio.run(look(Answers({"web.test A": "192.0.2.9"}), "web.test", fetch=fetch, now=NOW))
    assert {one.result.code: one.record.value for one in found.findings if one.record} == {
        "mx": "0 .",
        "spf": "v=spf1 -all",
        "dmarc": "v=DMARC1; p=reject; rua=mailto:postmaster@web.test",
    }


def test_a_hostile_zone_is_asked_only_so_much() -> None:
    zone = {
        f"n{at}.evil.test TXT": f"v=spf1 include:n{at + 1}.evil.test include:n{at + 2}.evil.test -all"
        for at in range(500)
    }
    zone["evil.test TXT"] = "v=spf1 include:n0.evil.test -all"
    zone["evil.test MX"] = [f"mx{at}.evil.test" for at in range(200)]  # type: ignore[assignment]
    answers = Answers(zone)

    async def fetch(_domain: str) -> str | None:
        return None

    found = asyncio.run(look(answers, "evil.test", fetch=fetch, now=NOW))
    assert len(answers.asked) <= 150
    assert reason(found, "spf") == "spf_lookups"


def test_a_question_is_asked_once_and_beyond_the_limit_never() -> None:
    answers = Answers({"a.test A": "192.0.2.1"})
    asks = BoundedAsks(answers, most=1)

    async def ask() -> None:
        for _ in range(3):
            assert await asks.records("A.test.", "A") == ("192.0.2.1",)
        with pytest.raises(DnsTemporaryError):
            await asks.records("b.test", "A")

    asyncio.run(ask())
    assert len(answers.asked) == 1
