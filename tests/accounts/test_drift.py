"""Drift of a verified domain: warned of first, stops mail later, comes back by itself; an outage is none."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core import mail

from accounts import events
from accounts.audit import SYSTEM
from accounts.exceptions import DomainNotVerified
from accounts.models import Role, SendingDomain, Tenant, User
from accounts.models.stream import Stream
from accounts.services import domains
from accounts.services.dns_check import Finding
from accounts.services.dns_records import tenant_records
from accounts.services.domains import add_domain, domains_due, verified_domain_for
from accounts.services.drift import Standing, Turn, judge, next_look
from accounts.services.tenants import add_member
from accounts.tenancy import tenant_scope

START = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
SIGNING = frozenset({"r1", "e1"})
VERIFIED = Standing(state=SendingDomain.State.VERIFIED, was_verified=True)
MINUTES = timedelta(minutes=1)


def look(domain: SendingDomain, missing: Iterable[str] = (), *, unknown: bool = False) -> list[Finding]:
    return [
        Finding(
            record=record,
            found=() if record.purpose in missing else (record.value,),
            ok=record.purpose not in missing and not unknown,
            unknown=unknown,
        )
        for record in tenant_records(domain)
    ]


def walked(*looks: tuple[int, list[Finding]]) -> list[tuple[str, str]]:
    """State and turn after each look, so many minutes after the start."""
    standing, seen = VERIFIED, []
    for minute, findings in looks:
        standing, turn = judge(standing, findings, signing=SIGNING, now=START + minute * MINUTES)
        seen.append((str(standing.state), str(turn)))
    return seen


@pytest.fixture
def domain() -> SendingDomain:
    return SendingDomain(name="news.acme.test", label="x" * 20, state=SendingDomain.State.VERIFIED)


def test_a_missing_signature_is_warned_of_and_stops_mail_after_an_hour(domain: SendingDomain) -> None:
    gone = look(domain, ["dkim_r1"])
    assert walked((0, gone), (10, gone), (50, gone), (61, gone), (70, gone), (80, look(domain))) == [
        ("verified", "drifting"),
        ("verified", ""),
        ("verified", ""),
        ("broken", "paused"),
        ("broken", ""),
        ("verified", "mended"),
    ]


def test_two_looks_stop_nothing_however_far_apart_they_are(domain: SendingDomain) -> None:
    gone = look(domain, ["return_path"])
    assert walked((0, gone), (300, gone))[-1] == ("verified", "")
    assert walked((0, gone), (300, gone), (310, gone))[-1] == ("broken", "paused")


def test_an_outage_of_dns_is_unknown_and_never_stops_mail(domain: SendingDomain) -> None:
    silent, gone = look(domain, unknown=True), look(domain, ["tracking"])
    assert {state for state, _turn in walked(*((minute, silent) for minute in range(0, 9000, 600)))} == {
        "verified"
    }
    # Looks without an answer neither count nor forgive.
    assert walked((0, gone), (30, silent), (90, silent), (100, gone))[-1] == ("verified", "")
    assert walked((0, gone), (30, silent), (90, gone), (100, gone))[-1] == ("broken", "paused")


def test_a_missing_policy_is_borne_for_three_days(domain: SendingDomain) -> None:
    gone = look(domain, ["dmarc"])
    assert walked((0, gone), (10, gone), (60 * 71, gone))[-1] == ("verified", "")
    assert walked((0, gone), (10, gone), (60 * 73, gone))[-1] == ("broken", "paused")


def test_keys_in_reserve_that_are_out_of_reach_never_stop_mail(domain: SendingDomain) -> None:
    gone = look(domain, ["dkim_r2", "dkim_e2"])
    assert walked((0, gone), (10, gone), (60 * 200, gone)) == [
        ("verified", "drifting"),
        ("verified", ""),
        ("verified", ""),
    ]


def test_what_mends_itself_within_the_grace_is_said_to_be_right_again(domain: SendingDomain) -> None:
    assert walked((0, look(domain, ["dkim_e1"])), (10, look(domain))) == [
        ("verified", "drifting"),
        ("verified", "mended"),
    ]


def test_a_domain_that_was_never_verified_only_waits(domain: SendingDomain) -> None:
    waiting = Standing(state=SendingDomain.State.PENDING, was_verified=False)
    after, turn = judge(waiting, look(domain, ["dmarc"]), signing=SIGNING, now=START)
    assert (after.state, turn) == ("pending", Turn.NOTHING)
    assert judge(waiting, look(domain), signing=SIGNING, now=START)[1] is Turn.VERIFIED


@pytest.mark.parametrize(
    ("state", "age", "drifting", "minutes"),
    [
        ("pending", 10, False, 2),
        ("pending", 600, False, 10),
        ("pending", 9000, False, 360),
        ("verified", 9000, False, 60),
        ("verified", 9000, True, 10),
        ("broken", 9000, True, 10),
    ],
)
def test_it_is_looked_at_more_often_while_somebody_waits(
    state: str, age: int, *, drifting: bool, minutes: int
) -> None:
    found = SendingDomain(
        state=state, created_at=START - age * MINUTES, drifting_since=START if drifting else None
    )
    assert next_look(found, unknown=False, now=START) == START + minutes * MINUTES
    assert next_look(found, unknown=True, now=START) == START + 5 * MINUTES


SIGNALS = {
    "verified": events.domain_verified,
    "drifting": events.domain_drifting,
    "paused": events.domain_paused,
    "mended": events.domain_mended,
}


@pytest.fixture
def heard() -> Iterator[list[tuple[str, dict[str, Any]]]]:
    """The facts that other apps hear, in their order."""
    found: list[tuple[str, dict[str, Any]]] = []

    def receiver(name: str) -> Any:
        def receive(**facts: Any) -> None:
            found.append((name, {key: facts[key] for key in facts if key not in {"signal", "sender"}}))

        return receive

    for name, signal in SIGNALS.items():
        signal.connect(receiver(name), weak=False, dispatch_uid=f"test-{name}")
    yield found
    for name, signal in SIGNALS.items():
        signal.disconnect(dispatch_uid=f"test-{name}")


def test_people_and_other_apps_hear_of_drift_pause_and_return(
    tenant: Tenant, heard: list[tuple[str, dict[str, Any]]], django_capture_on_commit_callbacks: Any
) -> None:
    person = User.objects.create_user("dev@people.test", locale="en")
    add_member(tenant_id=tenant.pk, user=person, role=Role.DEVELOPER, actor=SYSTEM)
    domain = add_domain(tenant_id=tenant.pk, name="news.acme.test", actor=SYSTEM)

    def settle(findings: list[Finding]) -> SendingDomain:
        with django_capture_on_commit_callbacks(execute=True), tenant_scope(tenant.pk):
            return domains._settle(domain.pk, findings, SYSTEM)

    settle(look(domain))
    gone = look(domain, ["dkim_r1"])
    assert settle(gone).state == "verified"
    with tenant_scope(tenant.pk):
        SendingDomain.objects.update(drifting_since=START - 600 * MINUTES)
    settle(gone)
    assert settle(gone).state == "broken"
    with pytest.raises(DomainNotVerified):
        verified_domain_for(tenant_id=tenant.pk, address="a@news.acme.test", stream=Stream.MARKETING)
    assert settle(look(domain)).state == "verified"
    facts = {"tenant_id": tenant.pk, "domain_id": domain.pk, "name": "news.acme.test"}
    wrong = facts | {"records": ["r1._domainkey.news.acme.test"]}
    assert heard == [("verified", facts), ("drifting", wrong), ("paused", wrong), ("mended", facts)]
    assert [letter.subject for letter in mail.outbox] == [
        "Warning: DNS records of news.acme.test are missing or have changed",
        "news.acme.test cannot send any more: its DNS records changed",
        "news.acme.test is right again",
    ]
    assert "is paused." in mail.outbox[0].body
    assert f"/domains/{domain.pk}/" in mail.outbox[0].body


def test_each_due_domain_is_taken_once(tenant: Tenant) -> None:
    domain = add_domain(tenant_id=tenant.pk, name="news.acme.test", actor=SYSTEM)
    assert list(domains_due()) == [(tenant.pk, domain.pk)]
    assert list(domains_due()) == []
