"""Two organizations with everything in them, and the cast: a member of each role, an outsider, a stranger."""

import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.utils import timezone

from accounts.audit import SYSTEM
from accounts.jobs import result_path
from accounts.models import Job, Role, SendingDomain, User
from accounts.services.api_keys import issue_key
from accounts.services.senders import SenderDraft, create_sender
from accounts.services.tenants import add_member, create_tenant
from accounts.tenancy import tenant_scope
from campaigns.models import Campaign, ContactField, Media, Suppression
from campaigns.services.campaigns import CampaignDraft, create_campaign
from campaigns.services.contacts import save_contact
from campaigns.services.fields import create_field
from campaigns.services.import_drafts import Upload, begin
from campaigns.services.lists import create_list, subscribe
from campaigns.services.suppression import suppress
from campaigns.services.templates import TemplateDraft, create_template
from delivery.services.submission import submit
from delivery.services.submission_spec import Mailbox, SubmissionSpec
from relay_saas.mail.ids import format_id
from tests.matrix.things import make_all

HTML = (
    "<html><body><p>Hello {{ contact.email }}</p><a href='https://acme.example/'>Shop</a>"
    "<p>{{ sender.legal_name }} {{ sender.postal_address }} {{ sender.contact_address }}</p>"
    "<a href='{{ unsubscribe_url }}'>Unsubscribe</a></body></html>"
)


@dataclass(slots=True, kw_only=True)
class Organization:
    """One tenant's ids."""

    id: UUID
    slug: str
    campaign: int = 0
    job: int = 0
    contact: int = 0
    domain: int = 0
    sender: int = 0
    template: int = 0
    media: int = 0
    mailing_list: int = 0
    contact_field: int = 0
    suppression: int = 0
    contact_import: int = 0
    submission: str = ""
    message: str = ""
    keys: dict[str, str] = field(default_factory=dict)
    #: One id of each kind of tests/matrix/things.py.
    things: dict[str, Any] = field(default_factory=dict)

    def id_of(self, kind: str) -> Any:
        """The id of the organization's thing of a kind."""
        return self.things[kind] if kind in self.things else getattr(self, kind)


@dataclass(slots=True, kw_only=True)
class World:
    """Acme and Globex, and the people."""

    acme: Organization
    globex: Organization
    members: dict[Role, User]
    outsider: User


def build(*, first: str = "acme", second: str = "globex") -> World:
    """Makes everything through the services that the product uses."""
    acme, globex = _organization(first), _organization(second)
    members = {role: User.objects.create_user(f"{role}@{first}-people.test") for role in Role}
    for role, user in members.items():
        added = add_member(tenant_id=acme.id, user=user, role=role, actor=SYSTEM)
        if role == Role.ANALYST:
            acme.things["member"] = added.pk
    outsider = User.objects.create_user(f"charlie@{second}-people.test")
    owner = add_member(tenant_id=globex.id, user=outsider, role=Role.OWNER, actor=SYSTEM)
    globex.things["member"] = owner.pk
    return World(acme=acme, globex=globex, members=members, outsider=outsider)


def _organization(slug: str) -> Organization:
    tenant = create_tenant(
        slug=slug,
        name=slug.title(),
        actor=SYSTEM,
        legal_name=f"{slug} K.K.",
        postal_address="1-2-3 Marunouchi, Tokyo",
        contact_address=f"support@{slug}.test",
    )
    organization = Organization(id=tenant.pk, slug=slug)
    with tenant_scope(tenant.pk):
        domain = SendingDomain.objects.create(
            tenant_id=tenant.pk,
            name=f"news.{slug}.test",
            label=f"label{slug}",
            state=SendingDomain.State.VERIFIED,
            verified_at=timezone.now(),
        )
    organization.domain = domain.pk
    sender = SenderDraft(name=slug, address=f"hello@news.{slug}.test")
    organization.sender = create_sender(tenant_id=tenant.pk, draft=sender, actor=SYSTEM).pk
    for scope in ("messages.send", "messages.read", "events.read"):
        organization.keys[scope] = issue_key(tenant_id=tenant.pk, name=scope, scopes=[scope], actor=SYSTEM)[1]
    mailing_list = create_list(tenant_id=tenant.pk, name="News", actor=SYSTEM)
    contact = save_contact(tenant_id=tenant.pk, email=f"reader@{slug}-readers.test", values={}, actor=SYSTEM)
    subscribe(tenant_id=tenant.pk, mailing_list_id=mailing_list.pk, contact_id=contact.pk, source="test")
    organization.contact = contact.pk
    organization.mailing_list = mailing_list.pk
    _people(organization)
    upload = Upload(
        file_name="readers.csv",
        data=io.BytesIO(b"email\nreader@gmail.test\n"),
        mailing_list_id=mailing_list.pk,
        consent="form",
    )
    organization.contact_import = begin(tenant_id=tenant.pk, upload=upload, actor=SYSTEM).pk
    organization.campaign = campaign(organization, mailing_list.pk).pk
    template = TemplateDraft(name=slug, html_source=HTML, markup=Campaign.Markup.HTML)
    organization.template = create_template(tenant_id=tenant.pk, draft=template, actor=SYSTEM).pk
    with tenant_scope(tenant.pk):
        organization.media = Media.objects.create(
            tenant_id=tenant.pk, digest="0" * 64, kind=Media.Kind.PNG, size=1, width=1, height=1
        ).pk
    organization.job = _job(organization)
    organization.submission, organization.message = _submission(organization)
    organization.things = make_all(tenant.pk)
    return organization


def _people(organization: Organization) -> None:
    """A field, and an address that is not mailed."""
    field = create_field(
        tenant_id=organization.id, key="city", label="City", kind=ContactField.Kind.TEXT, actor=SYSTEM
    )
    organization.contact_field = field.pk
    suppress(
        tenant_id=organization.id,
        email_key="gone@readers.test",
        scope=Suppression.Scope.MARKETING,
        reason=Suppression.Reason.MANUAL,
    )
    with tenant_scope(organization.id):
        organization.suppression = Suppression.objects.get().pk


def _job(organization: Organization) -> int:
    with tenant_scope(organization.id):
        job = Job.objects.create(
            tenant_id=organization.id,
            kind="an export",
            title="Contacts",
            state=Job.State.DONE,
            result_name="連絡先.csv",
            result_type="text/csv",
            result_size=3,
            result_until=timezone.now() + timedelta(days=7),
        )
    path = result_path(job.pk)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"a\r\n")
    return job.pk


def _submission(organization: Organization) -> tuple[str, str]:
    spec = SubmissionSpec(
        from_=Mailbox(address=f"shop@news.{organization.slug}.test"),
        to=(Mailbox(address="hanako@gmail.test"),),
        subject="Order 16",
        text="Thank you",
    )
    accepted = submit(tenant_id=organization.id, spec=spec)
    return format_id("em", accepted.submission.pk), format_id("msg", accepted.messages[0].id)


def campaign(organization: Organization, mailing_list_id: int) -> Campaign:
    """A draft that could be launched."""
    draft = CampaignDraft(
        name="Autumn",
        mailing_list_id=mailing_list_id,
        from_address=f"news@news.{organization.slug}.test",
        subject="News",
        html_source=HTML,
        markup=Campaign.Markup.HTML,
    )
    return create_campaign(tenant_id=organization.id, draft=draft, actor=SYSTEM)


def fingerprint(*organizations: Organization, but: Sequence[str] = ()) -> str:
    """A digest of every tenant row of these organizations (`but` for some tables): a refusal must not
    change it."""
    digest = hashlib.sha256()
    for organization in organizations:
        with tenant_scope(organization.id), connection.cursor() as cursor:
            cursor.execute(f"execute {_reading(cursor, sorted(but))}")
            digest.update(repr(cursor.fetchall()).encode())
    return digest.hexdigest()


def _reading(cursor: CursorWrapper, but: list[str]) -> str:
    """The statement that reads the tables, planned once for each connection: planning takes ten times as
    long as reading them."""
    name = f"matrix_{hashlib.sha256('|'.join(but).encode()).hexdigest()[:16]}"
    cursor.execute("select from pg_prepared_statements where name = %s", [name])
    if cursor.fetchone() is None:
        cursor.execute("select polrelid::regclass::text from pg_policy where polname = 'tenant' order by 1")
        rows = " union all ".join(
            f"select '{table}', md5(coalesce(string_agg(t::text, '|' order by t::text), '')) from {table} t"
            for (table,) in cursor.fetchall()
            if table not in but
        )
        cursor.execute(f"prepare {name} as {rows}")
    return name


def ids(organization: Organization, takes: tuple[str, ...]) -> list[Any]:
    """The organization's objects that a route takes."""
    return [organization.id_of(name) for name in takes]


ABSENT = {
    "webhook_call": UUID(int=1),
    "campaign": 999_999_999,
    "job": 999_999_999,
    "contact": 999_999_999,
    "domain": 999_999_999,
    "sender": 999_999_999,
    "template": 999_999_999,
    "media": 999_999_999,
    "mailing_list": 999_999_999,
    "contact_field": 999_999_999,
    "suppression": 999_999_999,
    "contact_import": 999_999_999,
    "submission": "em_00000000000000000000000000",
    "message": "msg_00000000000000000000000000",
}
