"""What the ledger says after each of the catalogued remote servers and DNS answers."""

import asyncio
import secrets
from collections import Counter as Count
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import timedelta
from ipaddress import ip_network
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.db.models import F
from django.test import override_settings
from django.utils import timezone

from accounts.audit import SYSTEM
from accounts.models import Tenant
from accounts.services.tenants import create_tenant
from accounts.tenancy import tenant_scope
from campaigns.models import Suppression
from delivery.engine.config import EngineConfig, from_settings
from delivery.engine.run import Run
from delivery.models import Attempt, AttemptState, EgressPool, EgressSource, Message, QueueEntry, Reply
from delivery.services import egress
from delivery.services.expand import write_messages
from delivery.services.submission import submit
from delivery.services.submission_spec import Mailbox, SubmissionSpec
from relay_saas.mail.smtp.limits import Timeouts
from tests.delivery.builders import make_campaign, make_contacts, make_domain, make_list
from tests.integration.certificates import server_context
from tests.integration.dns_server import DnsServer
from tests.integration.engine.remote import (
    CROWDS,
    DNS,
    LOOPBACK,
    ROUTES,
    SECOND_ROUND,
    SINKS,
    UTF8,
    World,
    address_of,
    build,
    domain_of,
)
from tests.integration.engine.world import free_port
from tests.integration.scripted_server import Seen
from tests.integration.test_domain_cases import RECORDS

#: The catalogues' words.
STATES = {
    "sent": AttemptState.DELIVERED,
    "deferred": AttemptState.DEFERRED,
    "bounced": AttemptState.BOUNCED,
    "failed": AttemptState.FAILED,
    "ambiguous": AttemptState.IN_DOUBT,
}
#: What was decided where the catalogue leaves it open (docs/engine.md).
DECIDED = {"dns-016": AttemptState.DEFERRED}
#: No name server answers.
DOWN = "dns-026"
CASES = SINKS | {name: DNS[name] for name in (*ROUTES, DOWN)}
#: Long for a server that answers, short for one that does not.
TIMEOUTS = Timeouts(
    connect=3, banner=3, ehlo=3, tls=3, mail=3, rcpt=3, data=3, block=3, dot=4, quit=1
)  # fmt: skip
NETWORKS = tuple(map(ip_network, ("127.77.0.0/16", "127.78.0.0/16", "::1/128")))


@dataclass(kw_only=True)
class Story:
    """What came of the cases: attempts by case, servers' connections by round and address."""

    attempts: dict[str, list[Attempt]]
    seen: list[dict[str, list[Seen]]]
    replies: dict[int, str]
    suppressed: set[str]
    leased: int

    def states(self, case: str) -> list[AttemptState]:
        """The last state of each of its messages."""
        last = {attempt.message_id: AttemptState(attempt.state) for attempt in self.attempts[case]}
        return list(last.values())

    def connections(self, case: str, host: int = 1) -> list[Seen]:
        """Of both rounds."""
        return [seen for servers in self.seen for seen in servers.get(address_of(case, host), [])]


@pytest.fixture(scope="module")
def tenant(django_db_setup: None, django_db_blocker: Any) -> Iterator[Tenant]:
    """An organization whose mail leaves from addresses of its own, one of each family."""
    with django_db_blocker.unblock():
        tenant = create_tenant(slug=f"t{secrets.token_hex(6)}", name="Acme", actor=SYSTEM)
        pool = EgressPool.objects.create(name=tenant.slug)
        for address in ("127.30.7.1", "::1"):
            EgressSource.objects.update_or_create(
                address=address, defaults={"pool": pool, "helo": "mx.sources.test", "host": tenant.slug}
            )
        egress.assign_pool(pool=pool, tenant_id=tenant.pk)
        yield tenant
        with tenant_scope(tenant.pk):
            QueueEntry.objects.all().delete()


@pytest.fixture(scope="module")
def config(tenant: Tenant, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EngineConfig]:
    """The product's own times, but for servers that do not answer."""
    with override_settings(RELAY_TIMINGS="production"):
        yield replace(
            from_settings(),
            host=tenant.slug,
            data_dir=tmp_path_factory.mktemp("remote"),
            smtp_port=free_port(),
            networks=NETWORKS,
            claim_seconds=20,
            idle_seconds=1.5,
        )


@pytest.fixture(scope="module")
def story(tenant: Tenant, config: EngineConfig) -> Story:
    """Two runs over everything, of which the second serves what is due again in a changed world; and one that
    gets no answer from DNS."""

    def world(*, later: bool) -> World:
        return build(
            tenant.slug,
            config.smtp_port,
            later=later,
            tls=lambda kind: server_context(config.data_dir, expired=kind == "expired"),
        )

    hasty = replace(config, smtp_timeouts=TIMEOUTS)
    launch(tenant, CASES.keys() - {DOWN})
    seen = [asyncio.run(play(world(later=False), hasty))]
    make_due(tenant, hours=3)
    launch(tenant, {"dns-021"}, local="late")
    seen.append(asyncio.run(play(world(later=True), hasty)))
    launch(tenant, {DOWN}, local="down")
    asyncio.run(Run(replace(hasty, dns=(LOOPBACK, free_port())), lambda: False).execute())
    return story_of(tenant, seen)


def launch(tenant: Tenant, cases: Iterable[str], local: str = "p") -> None:
    """A campaign to the recipients of these cases."""
    mailing_list = make_list(tenant.pk, secrets.token_hex(4))
    addresses = [
        f"{local}{number}@{domain_of(case, tenant.slug)}"
        for case in cases
        for number in range(CROWDS.get(case, 1))
        if case != UTF8
    ]
    make_contacts(tenant.pk, mailing_list, addresses)
    domain = make_domain(tenant.pk, f"{local}.{tenant.slug}.test")
    campaign_id = make_campaign(tenant.pk, mailing_list, domain)
    write_messages(tenant_id=tenant.pk, campaign_id=campaign_id)
    if UTF8 in cases:
        # A campaign leaves such people out; mail to one of them is tried.
        to = Mailbox(address=f"太郎@{domain_of(UTF8, tenant.slug)}")
        spec = SubmissionSpec(from_=Mailbox(address=f"shop@{domain.name}"), to=(to,), subject="x", text="x")
        submit(tenant_id=tenant.pk, spec=spec)


async def play(world: World, config: EngineConfig) -> dict[str, list[Seen]]:
    """One run in this world; returns the connections by address."""
    async with DnsServer(world.zone) as dns, AsyncExitStack() as stack:
        dns.moods = world.moods
        for server in world.servers.values():
            await stack.enter_async_context(server)
        await Run(replace(config, dns=dns.address), lambda: False).execute()
        return {address: server.connections for address, server in world.servers.items()}


def make_due(tenant: Tenant, *, hours: int) -> None:
    """So many hours pass for the mail and the sites of the second round; the other mail waits on."""
    passed = timedelta(hours=hours)
    names = [domain_of(case, tenant.slug) for case in SECOND_ROUND]
    with tenant_scope(tenant.pk):
        late = [message.id for message in Message.objects.all() if message.rcpt.partition("@")[2] in names]
        found = QueueEntry.objects.filter(message_id__in=late)
        found.update(
            next_attempt_at=timezone.now() - timedelta(seconds=1),
            dated_at=F("dated_at") - passed,
            expires_at=F("expires_at") - passed,
        )
    with psycopg.connect(settings.DATABASE_DISPATCH_URL) as dispatch:
        dispatch.execute(
            "update delivery_sitefeedback f set quiet_until = f.quiet_until - %s "
            "from delivery_domain d where d.site_id = f.site_id and d.name = any(%s)",
            [passed, names],
        )


def story_of(tenant: Tenant, seen: list[dict[str, list[Seen]]]) -> Story:
    """Reads it back."""
    case_of = {domain_of(case, tenant.slug): case for case in CASES}
    attempts: defaultdict[str, list[Attempt]] = defaultdict(list)
    with tenant_scope(tenant.pk):
        domains = {message.id: message.rcpt.partition("@")[2] for message in Message.objects.all()}
        for attempt in Attempt.objects.order_by("message_id", "number"):
            attempts[case_of[domains[attempt.message_id]]].append(attempt)
        replies = dict(Reply.objects.values_list("pk", "text"))
        leased = QueueEntry.objects.exclude(run_id=None).count()
        suppressed = {case_of[found.email_key.partition("@")[2]] for found in Suppression.objects.all()}
    return Story(attempts=attempts, seen=seen, replies=replies, suppressed=suppressed, leased=leased)


@pytest.mark.parametrize("name", CASES)
def test_each_case_leads_to_its_state(name: str, story: Story) -> None:
    expected = DECIDED.get(name) or STATES[CASES[name]["expect"]]
    found = story.attempts[name]
    assert set(story.states(name)) == {expected}, [(a.state, a.category, a.rule, a.stage) for a in found]
    assert len({attempt.message_id for attempt in found}) == CROWDS.get(name, 1) + (name == "dns-021")
    for attempt in found:
        shown = story.replies.get(attempt.reply_id or 0, "")
        assert shown.isprintable()
        assert len(shown) <= 1024
    # A message that was taken is taken once, whatever else its recipient's servers do.
    seen = [one for host in (1, 2, 5) for one in story.connections(name, host)]
    taken = Count(token for one in seen for token, _ in one.messages)
    assert expected is AttemptState.DEFERRED or set(taken.values()) <= {1}


def test_a_crowd_passes_one_connection_and_nothing_bounces(story: Story) -> None:
    seen = story.connections("sink-046")
    assert [not one.commands for one in seen].count(True) >= 1, "no second connection was turned away"
    assert sum(len(one.messages) for one in seen) == CROWDS["sink-046"]


@pytest.mark.parametrize("name", ["sink-047", "sink-048"])
def test_the_second_host_serves_where_the_first_does_not(name: str, story: Story) -> None:
    [attempt] = story.attempts[name]
    assert attempt.host.startswith("mx2.")
    assert len(story.connections(name)) == (1 if name == "sink-048" else 0)


def test_after_an_outage_nobody_has_been_worn_out_and_all_does_not_come_at_once(story: Story) -> None:
    attempts = story.attempts["sink-050"]
    assert 1 <= sum(attempt.state == AttemptState.DEFERRED for attempt in attempts) <= 4
    seen = story.connections("sink-050")
    assert len(seen) <= 5
    assert sum(len(one.messages) for one in seen) == CROWDS["sink-050"]


def test_the_final_dot_is_awaited_as_long_as_the_standard_asks(config: EngineConfig) -> None:
    assert config.smtp_timeouts.dot >= 600


def test_a_message_that_is_too_large_is_not_offered(story: Story) -> None:
    [seen] = story.connections("sink-043")
    assert not [line for line in seen.commands if not line.startswith((b"EHLO", b"QUIT"))]


def test_a_certificate_that_has_expired_encrypts_all_the_same(story: Story) -> None:
    assert [attempt.tls for attempt in story.attempts["sink-036"]] == [True]


def test_only_an_unknown_recipient_is_suppressed_at_once(story: Story) -> None:
    assert story.suppressed == {"sink-012"}
    assert [attempt.category for attempt in story.attempts["sink-014"]] == ["mailbox_full"]
    assert [attempt.category for attempt in story.attempts["sink-009"]] == ["sender_rejected"]


def test_nobody_speaks_to_the_machine_itself(story: Story) -> None:
    assert [servers[LOOPBACK] for servers in story.seen] == [[], []]
    assert {attempt.rule for case in ("dns-013", "dns-015") for attempt in story.attempts[case]} == {
        "address_not_allowed"
    }


def test_of_two_hundred_hosts_five_are_tried(story: Story) -> None:
    [attempt] = story.attempts["dns-017"]
    assert attempt.host.startswith("mx5.")


def test_an_answer_that_changes_leads_to_the_new_host(story: Story) -> None:
    assert [len(story.connections("dns-021", host)) for host in (1, 2)] == [1, 1]


def test_silent_name_servers_hold_no_place_in_the_queue_run(story: Story) -> None:
    assert story.leased == 0
    assert {attempt.rule for case in ("dns-008", DOWN) for attempt in story.attempts[case]} == {
        "dns_temporary"
    }


def test_every_case_of_both_catalogues_is_run() -> None:
    assert set(CASES) | set(RECORDS) == set(SINKS) | set(DNS)
