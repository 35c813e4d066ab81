"""The closer look at a domain, check by check: what DNS answers, the state, the reason; and what follows for
bulk mail."""

import asyncio
from typing import Any

import pytest
from django.utils import timezone, translation

from accounts.audit import SYSTEM
from accounts.models import DkimKey, SendingDomain, SourceCheck, Tenant
from accounts.selectors import readiness as rules
from accounts.selectors.check_words import NAMES, REASONS, STATES, said
from accounts.selectors.domain_facts import domain_facts
from accounts.selectors.readiness import Complaints, readiness, unmet
from accounts.services.closer_look import reverse_name
from accounts.services.dns_records import Egress, tenant_records
from accounts.services.domain_checks import CHECKS, Subject, look_closely
from accounts.services.domains import add_domain
from accounts.tenancy import tenant_scope
from relay_saas.mail.dkim import generate_key
from relay_saas.mail.posture.asks import Result
from tests.unit.mail.answers import FAILS, Answers

NAME, LABEL = "news.acme.test", "abcd"
_KEY = generate_key("ed25519-sha256")[1]
SUBJECT = Subject(name=NAME, label=LABEL, keys=(("e1", _KEY),), sources=("192.0.2.1",))
RIGHT: dict[str, str | list[str]] = {
    f"rp.{NAME} CNAME": f"{LABEL}.rp.relay.test",
    f"rp.{NAME} TXT": "v=spf1 redirect=_spf.relay.test",
    f"rp.{NAME} MX": "inbound.relay.test",
    "_spf.relay.test TXT": "v=spf1 ip4:192.0.2.1 -all",
    f"e1._domainkey.{NAME} TXT": _KEY,
    f"_dmarc.{NAME} TXT": "v=DMARC1; p=reject; rua=mailto:d@acme.test",
    f"{NAME} MX": "mx1.acme.test",
    f"{NAME} TXT": "v=spf1 -all",
}


@pytest.fixture(autouse=True)
def _settings(settings: Any) -> None:
    settings.RELAY_ZONE = "relay.test"
    settings.RELAY_DOMAIN_BLOCK_LISTS = ["list.test"]
    settings.RELAY_EDGE_ADDRESS = "127.0.0.1"
    settings.RELAY_EDGE_SCHEME_PORT = "http::1"


def found(code: str, **changes: Any) -> Result:
    """One check's result where DNS is right but for `changes` (None: no such record)."""
    zone = RIGHT | {key.replace("__", "."): value for key, value in changes.get("zone", {}).items()}
    right = {key: value for key, value in zone.items() if value is not None}
    return asyncio.run(CHECKS[code](Answers(right), changes.get("subject", SUBJECT)))


@pytest.mark.parametrize(
    ("code", "zone", "state", "reason"),
    [
        ("ownership", {}, "ok", "proven"),
        ("ownership", {f"rp.{NAME} CNAME": None}, "problem", "not_proven"),
        ("ownership", {f"rp.{NAME} CNAME": "other.rp.relay.test"}, "problem", "somebody_elses"),
        ("dkim", {}, "ok", "keys_found"),
        ("dkim", {f"e1._domainkey.{NAME} TXT": None}, "problem", "key_none"),
        ("dkim", {f"e1._domainkey.{NAME} TXT": [_KEY, _KEY]}, "problem", "key_several"),
        ("dkim", {f"e1._domainkey.{NAME} TXT": "v=DKIM1; p=AAAA"}, "problem", "key_malformed"),
        ("dkim", {f"e1._domainkey.{NAME} TXT": "v=DKIM1; k=rsa; p="}, "problem", "key_revoked"),
        ("dkim", {f"e1._domainkey.{NAME} TXT": "<script>alert(1)</script>"}, "problem", "key_malformed"),
        (
            "dkim",
            {f"e1._domainkey.{NAME} TXT": generate_key("ed25519-sha256")[1]},
            "problem",
            "key_another_key",
        ),
        ("spf", {}, "ok", "spf_pass"),
        ("spf", {f"rp.{NAME} TXT": None}, "problem", "spf_none"),
        ("spf", {"_spf.relay.test TXT": "v=spf1 ip4:198.51.100.1 -all"}, "problem", "spf_fail"),
        ("spf", {f"rp.{NAME} TXT": ["v=spf1 -all", "v=spf1 +all"]}, "problem", "spf_several_records"),
        ("alignment", {}, "ok", "aligned"),
        ("alignment", {f"_dmarc.{NAME} TXT": "v=DMARC1; p=none; aspf=s"}, "warning", "spf_strict"),
        ("dmarc", {}, "ok", "dmarc_enforced"),
        ("dmarc", {f"_dmarc.{NAME} TXT": None}, "problem", "dmarc_none"),
        (
            "dmarc",
            {f"_dmarc.{NAME} TXT": ["v=DMARC1; p=none", "v=DMARC1; p=none"]},
            "problem",
            "dmarc_several",
        ),
        ("dmarc", {f"_dmarc.{NAME} TXT": "v=DMARC1; p=none"}, "warning", "dmarc_unheard"),
        (
            "dmarc",
            {f"_dmarc.{NAME} TXT": "v=DMARC1; p=none; rua=mailto:a@b.test"},
            "warning",
            "dmarc_watching",
        ),
        (
            "dmarc",
            {f"_dmarc.{NAME} TXT": "v=DMARC1; p=reject; pct=9; rua=mailto:a@b.test"},
            "warning",
            "dmarc_historic",
        ),
        ("return_path", {}, "ok", "bounces_arrive"),
        ("return_path", {f"rp.{NAME} MX": None}, "problem", "bounces_lost"),
        ("tracking", {}, "problem", "edge_no_address"),
        ("tracking", {f"t.{NAME} A": "169.254.169.254"}, "problem", "edge_refused_address"),
        ("tracking", {f"t.{NAME} A": "10.0.0.1"}, "problem", "edge_refused_address"),
        ("tracking", {f"t.{NAME} A": "127.0.0.1"}, "unknown", "edge_no_connection"),
        ("from_name", {}, "ok", "answers_arrive"),
        ("from_name", {f"{NAME} MX": None}, "warning", "answers_lost"),
        ("from_name", {f"{NAME} TXT": None}, "warning", "from_without_spf"),
        ("from_name", {f"{NAME} TXT": "v=spf1 nonsense"}, "warning", "spf_syntax"),
        ("mta_sts", {}, "optional", "sts_absent"),
        ("mta_sts", {f"_mta-sts.{NAME} TXT": "v=STSv1"}, "warning", "sts_bad_record"),
        ("mta_sts", {f"_mta-sts.{NAME} TXT": "v=STSv1; id=1"}, "warning", "sts_bad_policy"),
        ("tls_rpt", {}, "optional", "tls_rpt_absent"),
        ("tls_rpt", {f"_smtp._tls.{NAME} TXT": "v=TLSRPTv1; rua=mailto:a@b.test"}, "ok", "tls_rpt_stands"),
        ("bimi", {}, "optional", "bimi_ready"),
        ("bimi", {f"default._bimi.{NAME} TXT": "v=BIMI1; l=https://a.test/l.svg"}, "ok", "bimi_unproven"),
        ("block_lists", {}, "ok", "not_listed"),
        ("block_lists", {f"{NAME}.list.test A": "127.0.1.2"}, "problem", "listed"),
        ("block_lists", {f"{NAME}.list.test A": "127.255.255.254"}, "unknown", "lists_refuse"),
        ("block_lists", {f"{NAME}.list.test A": FAILS}, "unknown", "lists_refuse"),
    ],
)
def test_each_answer_has_its_state_and_reason(
    code: str, zone: dict[str, Any], state: str, reason: str
) -> None:
    result = found(code, zone=zone)
    assert (result.state, result.reason) == (state, reason)


def test_where_dns_is_down_nothing_is_known_and_nothing_is_wrong() -> None:
    zone = {
        f"{name} {kind}": FAILS
        for name in (
            NAME,
            f"rp.{NAME}",
            f"t.{NAME}",
            f"_dmarc.{NAME}",
            f"e1._domainkey.{NAME}",
            f"_mta-sts.{NAME}",
            f"_smtp._tls.{NAME}",
            f"default._bimi.{NAME}",
            f"{NAME}.list.test",
        )
        for kind in ("A", "AAAA", "CNAME", "MX", "TXT")
    }
    results = asyncio.run(look_closely(Answers(zone), SUBJECT))
    assert {result.code: str(result.state) for result in results} == dict.fromkeys(CHECKS, "unknown")


@pytest.mark.parametrize(
    ("zone", "state", "reason"),
    [
        (
            {"1.2.0.192.in-addr.arpa PTR": "mx1.relay.test", "mx1.relay.test A": "192.0.2.1"},
            "ok",
            "ptr_stands",
        ),
        ({"1.2.0.192.in-addr.arpa PTR": "x.test", "x.test A": "192.0.2.1"}, "warning", "ptr_not_helo"),
        ({"1.2.0.192.in-addr.arpa PTR": "x.test"}, "problem", "ptr_unconfirmed"),
        ({}, "problem", "ptr_absent"),
        ({"1.2.0.192.in-addr.arpa PTR": FAILS}, "unknown", "dns"),
    ],
)
def test_our_addresses_have_names_that_lead_back(zone: dict[str, Any], state: str, reason: str) -> None:
    result = asyncio.run(reverse_name(Answers(zone), Egress("shared", "192.0.2.1", "mx1.relay.test")))
    assert (result.state, result.reason) == (state, reason)


@pytest.mark.parametrize("language", ["en", "ja"])
def test_every_reason_has_words_in_both_languages(language: str) -> None:
    values = dict.fromkeys(
        (
            "selector",
            "lookups",
            "voids",
            "address",
            "organization",
            "tags",
            "policy",
            "domain",
            "mode",
            "lists",
            "helo",
        ),
        1,
    )
    with translation.override(language):
        for reason in REASONS:
            text, _deed = said({"reason": reason, "values": values})
            assert text
            assert "%(" not in text
        assert all(str(name) for name in NAMES.values())
    assert set(CHECKS) <= set(NAMES)
    assert set(STATES) == {"ok", "warning", "problem", "unknown", "optional"}


@pytest.fixture
def domain(tenant: Tenant) -> SendingDomain:
    """A domain whose records and checks are right, and our address with its name."""
    made = add_domain(tenant_id=tenant.pk, name=NAME, actor=SYSTEM)
    records = [
        {"purpose": one.purpose, "name": one.name, "ok": True, "unknown": False, "found": [one.value]}
        for one in tenant_records(made)
    ]
    checks = [found(code).as_json() for code in ("dkim", "spf", "alignment", "dmarc")]
    SourceCheck.objects.create(
        address="192.0.2.1",
        helo="mx1.relay.test",
        looked_at=timezone.now(),
        results=[{"code": "ptr", "state": "ok", "reason": "ptr_stands", "found": [], "values": {}}],
    )
    with tenant_scope(tenant.pk):
        SendingDomain.objects.update(
            records=records, checks=checks, state="verified", looked_at=timezone.now()
        )
        return SendingDomain.objects.get()


def changed(domain: SendingDomain, code: str, **result: Any) -> SendingDomain:
    domain.checks = [one | result if one["code"] == code else one for one in domain.checks]
    return domain


def test_the_rules_for_bulk_mail_are_met_not_met_or_not_known(
    domain: SendingDomain, monkeypatch: pytest.MonkeyPatch
) -> None:
    with tenant_scope(domain.tenant_id):
        met = {one.code: one.met for one in readiness(domain)}
        assert met == dict.fromkeys(met, True) | {"complaints": None}
        assert [one.code for one in unmet(changed(domain, "dmarc", state="problem"))] == ["dmarc"]
        # What was found before the records were looked at says nothing of them.
        domain.checked_at = timezone.now()
        assert unmet(domain) == []
        domain.checked_at = None
        changed(domain, "dmarc", state="unknown")
        assert unmet(domain) == []
        domain.records = [one | {"ok": one["purpose"] != "dkim_r2"} for one in domain.records]
        assert unmet(domain) == []
        domain.records = [one | {"ok": one["purpose"] != "dkim_r1"} for one in domain.records]
        assert [one.code for one in unmet(domain)] == ["dkim"]
    monkeypatch.setattr(rules, "complaint_readers", [lambda _: Complaints(delivered=2000, complained=6)])
    with tenant_scope(domain.tenant_id):
        assert "complaints" in [one.code for one in unmet(domain)]
    assert Complaints(delivered=999, complained=900).rate is None


def test_the_api_gets_plain_values(domain: SendingDomain) -> None:
    with tenant_scope(domain.tenant_id):
        facts = domain_facts(changed(domain, "dmarc", reason="dmarc_none", state="problem"))
        assert DkimKey.objects.count() == 4
    [dmarc] = [one for one in facts["checks"] if one["code"] == "dmarc"]
    assert dmarc["what_to_do"] == "Set the record as the table above says."
    assert [(key["selector"], key["state"]) for key in facts["keys"]] == [
        ("r1", "signing"),
        ("r2", "reserve"),
        ("e1", "signing"),
        ("e2", "reserve"),
    ]
