"""A provider that suddenly calls good addresses unknown is not believed, and what it did is taken back."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from accounts.audit import SYSTEM
from accounts.models import AuditEvent, Tenant
from accounts.services.tenants import create_tenant
from accounts.tenancy import tenant_scope
from campaigns.models import Suppression
from delivery.models import AttemptState, Domain, PolicyState, Provider, Rollup, Site, SuppressionHold
from delivery.services.bounce_guard import watch
from delivery.services.strikes import STRIKE, Strike, strike_parameters
from delivery.services.submission import submit
from delivery.services.submission_spec import Mailbox
from relay_saas.mail.bounces import GUARD, Category
from tests.delivery.builders import make_domain
from tests.delivery.test_submission import SPEC

RULE = "x.1.1-no-such-mailbox"
MX = "mx.giant.test"


@pytest.fixture
def tenants(db: None) -> list[Tenant]:
    """Three organizations with a domain each."""
    made = []
    for number in range(3):
        tenant = create_tenant(slug=f"org{number}", name=f"Org {number}", actor=SYSTEM)
        make_domain(tenant.pk, f"news.org{number}.test")
        made.append(tenant)
    return made


@pytest.fixture
def giant(db: None) -> Site:
    """The site of giant.test."""
    provider = Provider.objects.create(id=901, name="Giant")
    site = Site.objects.create(key=MX, provider=provider)
    Domain.objects.update_or_create(name="giant.test", defaults={"site": site, "state": Domain.State.OK})
    return site


def strike(tenant: Tenant, people: Sequence[str]) -> None:
    """Final bounces of these people, written as the queue runs do."""
    strikes = []
    for person in people:
        sender = Mailbox(address=f"hello@news.{tenant.slug}.test")
        recipient = Mailbox(address=f"{person}@giant.test")
        spec = replace(SPEC, from_=sender, to=(recipient,))
        message = submit(tenant_id=tenant.pk, spec=spec).messages[0].id
        strikes.append(
            Strike(
                tenant_id=tenant.pk, email_key=f"{person}@giant.test", message_id=message, rule=RULE,
                category=Category.RECIPIENT_UNKNOWN, reply="550 5.1.1 <x@giant.test> unknown", strikes=1,
                within_days=None,
            )
        )  # fmt: skip
    with tenant_scope(tenant.pk), connection.cursor() as cursor:
        cursor.execute(STRIKE, strike_parameters(strikes))


def settled(tenant: Tenant, delivered: int, bounced: int, *, ago: timedelta = timedelta(minutes=3)) -> None:
    """What the runs have counted at the giant."""
    minute = (timezone.now() - ago).replace(second=0, microsecond=0)
    with tenant_scope(tenant.pk):
        for state, n in ((AttemptState.DELIVERED, delivered), (AttemptState.BOUNCED, bounced)):
            Rollup.objects.create(
                tenant_id=tenant.pk, campaign_id=0, minute=minute, provider_id=901, state=state, shard=1, n=n
            )


def people(tenant: Tenant, n: int, first: int = 0) -> list[str]:
    return [f"{tenant.slug}-{number}" for number in range(first, first + n)]


def suppressed(tenant: Tenant) -> int:
    with tenant_scope(tenant.pk):
        return Suppression.objects.count()


def test_a_bounce_is_suppressed_for_a_day_with_rule_site_and_time(tenants: list[Tenant], giant: Site) -> None:
    before = timezone.now()
    strike(tenants[0], ["ann"])
    with tenant_scope(tenants[0].pk):
        row = Suppression.objects.get()
    assert (row.email_key, row.scope, row.reason) == ("ann@giant.test", "all", "bounced")
    assert (row.rule, row.site_id) == (RULE, giant.pk)
    assert row.provisional_until is not None
    assert timedelta(hours=23, minutes=59) < row.provisional_until - before < timedelta(hours=24, minutes=1)


def test_a_provider_wide_wave_of_unknown_is_not_believed(tenants: list[Tenant], giant: Site) -> None:
    for tenant in tenants:
        settled(tenant, 20, 8)
        strike(tenant, people(tenant, 8))
    (hold,) = watch()
    assert (hold.provider_id, hold.rule, hold.tenants, hold.base_share) == (901, RULE, 3, 0)
    assert hold.share == pytest.approx(8 / 28)
    assert "@" not in hold.evidence
    policy = PolicyState.objects.get()
    assert (policy.provider_id, policy.action, policy.set_by, policy.rule) == (901, "suspend", "engine", RULE)
    assert policy.until == hold.until
    assert "Giant" in policy.reason
    strike(tenants[0], people(tenants[0], 5, first=100))
    assert suppressed(tenants[0]) == 8
    assert watch() == []


def test_other_providers_still_suppress_meanwhile(tenants: list[Tenant], giant: Site) -> None:
    SuppressionHold.objects.create(
        provider_id=902, rule=RULE, evidence="", share=1, base_share=0, tenants=3, since=timezone.now(),
        until=timezone.now() + timedelta(hours=1),
    )  # fmt: skip
    strike(tenants[0], ["ann"])
    assert suppressed(tenants[0]) == 1


@pytest.mark.parametrize(
    ("concerned", "each", "delivered", "usual"),
    [(2, 8, 20, 0), (3, GUARD.suppressions_each - 1, 10, 0), (3, 8, 400, 0), (3, 8, 20, 12)],
    ids=["two organizations", "few addresses", "a small share", "thrice the usual share is not reached"],
)
def test_what_may_be_bad_lists_is_believed(
    tenants: list[Tenant], giant: Site, concerned: int, each: int, delivered: int, usual: int
) -> None:
    for tenant in tenants[:concerned]:
        settled(tenant, 100 - usual, usual, ago=timedelta(days=2))
        strike(tenant, people(tenant, usual, first=500))
        with tenant_scope(tenant.pk):
            Suppression.objects.update(created_at=timezone.now() - timedelta(days=2))
        settled(tenant, delivered, each)
        strike(tenant, people(tenant, each))
    assert watch() == []
    assert not SuppressionHold.objects.exists()
    assert not PolicyState.objects.exists()


def test_a_hold_ends_by_itself(tenants: list[Tenant], giant: Site) -> None:
    for tenant in tenants:
        settled(tenant, 20, 8)
        strike(tenant, people(tenant, 8))
    (hold,) = watch()
    later = hold.until + timedelta(seconds=1)
    assert watch(now=later) == []
    hold.refresh_from_db()
    assert hold.ended_at == hold.until


def undo(*arguments: str) -> str:
    out = StringIO()
    call_command("suppressions", "undo", "--rule", RULE, *arguments, stdout=out)
    return out.getvalue().strip()


def test_what_a_rule_did_at_a_site_is_taken_back_everywhere(tenants: list[Tenant], giant: Site) -> None:
    since = (timezone.now() - timedelta(minutes=1)).isoformat()
    for tenant in tenants:
        strike(tenant, people(tenant, 3))
    with tenant_scope(tenants[0].pk):
        Suppression.objects.create(
            tenant_id=tenants[0].pk, email_key="by@hand.test", scope="all", reason="manual"
        )
    assert (
        undo("--provider", "Giant", "--from", since, "--dry-run")
        == "would be undone: 9 addresses at 3 organizations"
    )
    assert [suppressed(tenant) for tenant in tenants] == [4, 3, 3]
    assert undo("--site", MX, "--from", since) == "undone: 9 addresses at 3 organizations"
    assert [suppressed(tenant) for tenant in tenants] == [1, 0, 0]
    with tenant_scope(tenants[1].pk):
        event = AuditEvent.objects.get(verb="undone")
    assert (event.actor, event.changes["undone"], event.changes["rule"]) == ("operator", 3, RULE)


def test_undoing_keeps_to_its_rule_site_and_time(tenants: list[Tenant], giant: Site) -> None:
    strike(tenants[0], people(tenants[0], 3))
    now = timezone.now()
    other = Site.objects.create(key="mx.other.test", provider=giant.provider)
    early, late = (now - timedelta(hours=2)).isoformat(), (now - timedelta(hours=1)).isoformat()
    assert undo("--from", early, "--to", late) == "undone: 0 addresses at 0 organizations"
    assert undo("--site", other.key, "--from", early) == "undone: 0 addresses at 0 organizations"
    with tenant_scope(tenants[0].pk):
        Suppression.objects.update(rule="another")
    assert undo("--from", early) == "undone: 0 addresses at 0 organizations"
    assert suppressed(tenants[0]) == 3


@pytest.mark.parametrize(
    "arguments",
    [["--site", "nowhere.test", "--from", "2026-11-24T00:00:00Z"],
     ["--provider", "Nobody", "--from", "2026-11-24T00:00:00Z"],
     ["--from", "yesterday"]],
)  # fmt: skip
def test_a_slip_undoes_nothing(tenants: list[Tenant], giant: Site, arguments: list[str]) -> None:
    strike(tenants[0], ["ann"])
    with pytest.raises(CommandError):
        undo(*arguments)
    assert suppressed(tenants[0]) == 1
