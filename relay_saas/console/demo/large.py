"""A database as full as that of a large sender, for looking at the pages: made by sets, in minutes."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network
from typing import Any, Final
from uuid import UUID

import psycopg
from django.conf import settings
from django.utils import timezone

from accounts.audit import SYSTEM
from accounts.models import Role, SendingDomain, User
from accounts.services.tenants import add_member, create_tenant
from accounts.tenancy import tenant_scope
from campaigns.models import Campaign, ContactList, Content, Link
from delivery.models import EgressPool
from relay_saas.console.demo import large_sql as sql

CAMPAIGNS: Final = 20
LINKS: Final = 8
#: Between two launches; all of them lie in months that the ledger has.
_APART: Final = timedelta(hours=32)
_REPLY: Final = "421 4.7.28 Our system has detected an unusual rate of mail"

Say = Callable[[str], None]


class SeedRefused(Exception):
    """This installation can reach the outside world, or the organization is there already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Large:
    """How large, and for whom; `messages` are spread over CAMPAIGNS campaigns."""

    slug: str = "large"
    contacts: int = 1_000_000
    messages: int = 10_000_000

    @property
    def audience(self) -> int:
        """Messages of one campaign."""
        return min(self.contacts, self.messages // CAMPAIGNS)


def refuse_production() -> None:
    """Raises SeedRefused where mail could leave this machine: a made-up audience has no place there."""
    networks: list[IPv4Network | IPv6Network] = list(settings.RELAY_DELIVERY_NETWORKS)
    if not networks or not all(network.is_loopback for network in networks):
        raise SeedRefused("RELAY_DELIVERY_NETWORKS must name this machine's own networks (127.0.0.0/8).")
    if not settings.DATABASE_OWNER_URL:
        raise SeedRefused("DATABASE_OWNER_URL must be set: the rows are written as the owner.")


def seed(large: Large, say: Say) -> UUID:
    """Makes the organization with its owner (`owner@<slug>.test`); returns its id. Raises SeedRefused."""
    refuse_production()
    if User.objects.filter(email=f"owner@{large.slug}.test").exists():
        raise SeedRefused(f"The organization {large.slug} is there already.")
    tenant_id, mailing_list = _organization(large.slug)
    values: dict[str, Any] = {
        "tenant": tenant_id,
        "list": mailing_list,
        "contacts": large.contacts,
        "audience": large.audience,
        "text": _REPLY,
        "digest": hashlib.sha256(_REPLY.encode()).digest(),
    }
    with psycopg.connect(settings.DATABASE_OWNER_URL, autocommit=True) as owner:
        owner.execute("set work_mem = '256MB'")
        for statement in (sql.PROVIDERS, sql.CONTACTS, sql.SUBSCRIPTIONS, sql.SUPPRESSIONS, sql.REPLY):
            _run(owner, statement, values)
        values["first"] = _one(owner, sql.FIRST_CONTACT, values)
        values["reply"] = _one(owner, "select id from delivery_reply where tenant_id = %(tenant)s", values)
        say(f"{large.contacts:,} contacts")
        for number in range(CAMPAIGNS):
            _campaign(owner, tenant_id, number, values)
            say(f"campaign {number + 1} of {CAMPAIGNS}: {large.audience:,} messages")
        for statement in (sql.COUNTERS, sql.REACTIONS):
            _run(owner, statement, values)
        owner.execute(sql.ANALYZE)
    say("counters, rollups and statistics")
    return tenant_id


def _organization(slug: str) -> tuple[UUID, int]:
    tenant = create_tenant(
        slug=slug,
        name="Large Ltd",
        actor=SYSTEM,
        locale="en",
        time_zone="Asia/Tokyo",
        legal_name="Large Ltd",
        postal_address="1 High Street, London",
        contact_address=f"support@{slug}.test",
    )
    owner = User.objects.create_user(f"owner@{slug}.test")
    add_member(tenant_id=tenant.pk, user=owner, role=Role.OWNER, actor=SYSTEM)
    with tenant_scope(tenant.pk):
        mailing_list = ContactList.objects.create(tenant_id=tenant.pk, name="Everybody")
        SendingDomain.objects.create(
            tenant_id=tenant.pk,
            name=f"news.{slug}.test",
            label=slug,
            state=SendingDomain.State.VERIFIED,
            verified_at=timezone.now(),
        )
    return tenant.pk, mailing_list.pk


def _campaign(owner: psycopg.Connection, tenant_id: UUID, number: int, values: dict[str, Any]) -> None:
    """One launched campaign; the newest is still being sent."""
    sending = number == CAMPAIGNS - 1
    launched_at = timezone.now() - timedelta(hours=2) - _APART * (CAMPAIGNS - 1 - number)
    launched_at = launched_at.replace(microsecond=launched_at.microsecond // 1000 * 1000)
    with tenant_scope(tenant_id):
        content = _content(tenant_id, f"Offers of week {number + 1}")
        campaign = Campaign.objects.create(
            tenant_id=tenant_id,
            name=f"Newsletter {number + 1}",
            mailing_list_id=values["list"],
            from_address=content.from_address,
            subject=content.subject,
            markup=Campaign.Markup.HTML,
            html_source="<p>Hello</p>",
            content=content,
            state=Campaign.State.SENDING if sending else Campaign.State.SENT,
            launched_at=launched_at,
            finished_at=None if sending else launched_at + timedelta(minutes=40),
            audience=values["audience"],
        )
    pool, _ = EgressPool.objects.get_or_create(name="shared")
    audience: int = values["audience"]
    own = values | {
        "campaign": campaign.pk,
        "content": content.pk,
        "at": launched_at,
        "pool": pool.pk,
        "settled": audience * 95 // 100 if sending else audience,
    }
    for statement in (sql.MESSAGES, sql.WAITS, sql.ATTEMPTS, sql.LANES, sql.QUEUE, sql.ENGAGEMENTS):
        _run(owner, statement, own)


def _content(tenant_id: UUID, subject: str) -> Content:
    content = Content.objects.create(
        tenant_id=tenant_id,
        from_address=SendingDomain.objects.values_list("name", flat=True).get(tenant_id=tenant_id),
        subject=subject,
        html="<p>Hello</p>",
        sending_domain=SendingDomain.objects.get(tenant_id=tenant_id),
    )
    for index in range(LINKS):
        target = f"https://shop.large.test/offer-{index + 1}"
        Link.objects.create(tenant_id=tenant_id, content=content, index=index, target=target)
    return content


def _run(owner: psycopg.Connection, statements: str, values: dict[str, Any]) -> None:
    for statement in statements.split(";\n"):
        owner.execute(statement.encode(), values)


def _one(owner: psycopg.Connection, statement: str, values: dict[str, Any]) -> int:
    row = owner.execute(statement.encode(), values).fetchone()
    if row is None or row[0] is None:
        raise SeedRefused("The contacts were not written.")
    return int(row[0])
