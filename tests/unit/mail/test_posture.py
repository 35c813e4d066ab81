"""DMARC's walk, block lists, reverse names, key records, MTA-STS, TLS-RPT and BIMI."""

import asyncio
from typing import Any

import pytest

from relay_saas.mail.dkim import generate_key
from relay_saas.mail.posture.block_lists import Listing, look_up, question, verdict
from relay_saas.mail.posture.dkim_record import read_key
from relay_saas.mail.posture.dmarc import Discovery, aligned, discover, parse
from relay_saas.mail.posture.reverse import reverse
from relay_saas.mail.posture.transport import bimi_logo, sts_id, sts_policy, tls_reports
from tests.unit.mail.answers import FAILS, Answers


def walked(domain: str, **zone: Any) -> Discovery:
    records = {f"_dmarc.{name} TXT".replace("__", "."): text for name, text in zone.items()}
    return asyncio.run(discover(Answers(records), domain))


def test_the_domains_own_record_counts_first() -> None:
    found = walked("news.acme.test", news__acme__test="v=DMARC1; p=reject", acme__test="v=DMARC1; p=none")
    assert (found.asked, found.organizational) == ("reject", "acme.test")


def test_a_subdomain_takes_sp_of_its_organization() -> None:
    found = walked("news.acme.test", acme__test="v=DMARC1; p=reject; sp=quarantine")
    assert (found.asked, found.organizational) == ("quarantine", "acme.test")
    assert found.policy is not None
    assert found.policy.for_name("gone.acme.test", exists=False) == "quarantine"


def test_psd_n_ends_the_walk_at_an_organization_below_another() -> None:
    found = walked(
        "a.shop.acme.test", shop__acme__test="v=DMARC1; p=none; psd=n", acme__test="v=DMARC1; p=reject"
    )
    assert (found.asked, found.organizational) == ("none", "shop.acme.test")


def test_below_a_public_suffix_the_organization_is_one_label_longer() -> None:
    found = walked("news.acme.test", test="v=DMARC1; p=reject; psd=y")
    assert (found.asked, found.organizational) == ("reject", "acme.test")


def test_without_any_record_a_domain_is_its_own_organization() -> None:
    found = walked("news.acme.test")
    assert (found.asked, found.organizational) == ("", "news.acme.test")


def test_two_records_count_for_none() -> None:
    found = walked("acme.test", acme__test=["v=DMARC1; p=none", "v=DMARC1; p=reject", "other"])
    assert (found.policy, found.several) == (None, True)


def test_the_walk_asks_eight_times_at_most() -> None:
    answers = Answers({})
    asyncio.run(discover(answers, "a.b.c.d.e.f.g.h.i.j.mail.example.com"))
    assert len(answers.asked) == 8
    assert answers.asked[1] == "_dmarc.g.h.i.j.mail.example.com txt"


@pytest.mark.parametrize(
    ("text", "p", "historic"),
    [
        ("v=DMARC1; p=reject; pct=50; rf=afrf", "reject", ("pct", "rf")),
        ("v=DMARC1;p=QUARANTINE;unknown=1", "quarantine", ()),
        ("v=DMARC1; rua=mailto:d@acme.test", "none", ()),
        ("v=DMARC1; p=nonsense; rua=mailto:d@acme.test", "none", ()),
        ("v=DMARC1; p=nonsense", None, ()),
        ("v=DMARC1", None, ()),
        ("v=dmarc1; p=reject", None, ()),
        ("p=reject; v=DMARC1", None, ()),
    ],
)
def test_records_of_both_eras_are_read(text: str, p: str | None, historic: tuple[str, ...]) -> None:
    found = parse("acme.test", [text])
    assert (found and found.p, found.historic if found else ()) == (p, historic)


@pytest.mark.parametrize(
    ("name", "strict", "expected"),
    [("rp.news.acme.test", False, True), ("rp.news.acme.test", True, False), ("news.acme.test", True, True),
     ("rp.other.test", False, False)],
)  # fmt: skip
def test_alignment_is_by_organization_or_strict(name: str, *, strict: bool, expected: bool) -> None:
    answers = Answers(
        {"_dmarc.acme.test TXT": "v=DMARC1; p=none", "_dmarc.other.test TXT": "v=DMARC1; p=none"}
    )

    async def asked() -> bool:
        return await aligned(answers, await discover(answers, "news.acme.test"), name, strict=strict)

    assert asyncio.run(asked()) is expected


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ([], Listing.CLEAR),
        (["127.0.0.2"], Listing.LISTED),
        (["127.0.0.4", "127.0.0.10"], Listing.LISTED),
        (["127.255.255.252"], Listing.UNKNOWN),
        (["127.255.255.254"], Listing.UNKNOWN),
        (["127.255.255.255", "127.0.0.2"], Listing.UNKNOWN),
        (["127.0.0.1"], Listing.UNKNOWN),
        (["203.0.113.7"], Listing.UNKNOWN),
    ],
)
def test_a_refusal_of_a_block_list_is_no_listing(answers: list[str], expected: Listing) -> None:
    assert verdict(answers) is expected


def test_block_lists_are_asked_by_the_reversed_address_or_the_domain() -> None:
    assert question("192.0.2.99", "list.test") == "99.2.0.192.list.test"
    assert question("2001:db8::1", "list.test").startswith("1.0.0.0.")
    assert question("acme.test", "list.test") == "acme.test.list.test"
    silent = Answers({"acme.test.list.test A": FAILS})
    assert asyncio.run(look_up(silent, "acme.test", "list.test")) is Listing.UNKNOWN


def test_a_reverse_name_counts_where_it_leads_back() -> None:
    answers = Answers(
        {
            "1.2.0.192.in-addr.arpa PTR": ["mx1.relay.test", "elsewhere.test"],
            "mx1.relay.test A": "192.0.2.1",
            "elsewhere.test A": "192.0.2.7",
        }
    )
    found = asyncio.run(reverse(answers, "192.0.2.1"))
    assert (found.names, found.confirmed) == (("mx1.relay.test", "elsewhere.test"), ("mx1.relay.test",))
    assert asyncio.run(reverse(answers, "192.0.2.2")).names == ()


def test_key_records_are_read_and_faulted() -> None:
    rsa, ed25519 = generate_key("rsa-sha256")[1], generate_key("ed25519-sha256")[1]
    assert (read_key([rsa]).bits, read_key([rsa]).problem) == (2048, "")
    assert (read_key([ed25519]).kind, read_key([ed25519]).problem) == ("ed25519", "")
    problems = {
        "none": [],
        "several": [rsa, ed25519],
        "revoked": ["v=DKIM1; k=rsa; p="],
        "malformed": ["v=DKIM1; p=AAAA"],
    }
    assert {problem: read_key(texts).problem for problem, texts in problems.items()} == {
        problem: problem for problem in problems
    }
    assert read_key(["<script>alert(1)</script>"]).problem == "malformed"
    assert read_key([f"{rsa}; t=y:s"]).testing


def test_mta_sts_is_read_strictly() -> None:
    assert sts_id(["v=STSv1; id=20261124;"]) == "20261124"
    assert sts_id(["v=STSv1; id=1", "v=STSv1; id=2"]) == ""
    policy = sts_policy(
        "version: STSv1\r\nmode: enforce\r\nmx: mx1.acme.test\r\nmx: *.mail.test\r\nmax_age: 86400\r\n"
    )
    assert policy is not None
    assert (policy.mode, policy.covers("mx1.acme.test"), policy.covers("a.mail.test")) == (
        "enforce",
        True,
        True,
    )
    assert not policy.covers("a.b.mail.test")
    for text in (
        "",
        "version: STSv1\nmode: enforce\nmax_age: 1\n",
        "version: STSv1\nmode: x\nmx: a\nmax_age: 1\n",
        "version: STSv1\nmode: none\nmax_age: 99999999999\n",
    ):
        assert sts_policy(text) is None, text


def test_reports_about_encryption_and_logos_are_found() -> None:
    assert tls_reports(["v=TLSRPTv1; rua=mailto:t@acme.test,https://t.test/"]) == (
        "mailto:t@acme.test",
        "https://t.test/",
    )
    assert tls_reports(["v=TLSRPTv1; rua=ftp://x"]) == ()
    assert bimi_logo(["v=BIMI1; l=https://acme.test/logo.svg; a="]) == ("https://acme.test/logo.svg", "")
    assert bimi_logo(["v=BIMI1; l=http://acme.test/logo.svg"]) is None
