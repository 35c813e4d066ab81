"""Organizations for tests that commit: unique names, a verified domain, contacts, messages in the ledger."""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID, uuid4

from django.utils import timezone

from accounts.audit import SYSTEM
from accounts.models import SendingDomain, Tenant
from accounts.services.tenants import create_tenant
from accounts.tenancy import tenant_scope
from campaigns.models import Campaign, Contact, ContactList, Content, Link
from campaigns.services.contacts import save_contact
from campaigns.services.lists import create_list, subscribe
from delivery.models import Domain, Message
from delivery.models.stream import Stream
from relay_saas.mail.ids import message_uuid


@dataclass(frozen=True, slots=True, kw_only=True)
class Organization:
    """A tenant with a launched campaign to one person."""

    tenant: Tenant
    domain: SendingDomain
    mailing_list: ContactList
    contact: Contact
    campaign: Campaign
    message_id: UUID

    @property
    def host(self) -> str:
        """The tracking host."""
        return f"t.{self.domain.name}"


def make_organization(
    *, links: tuple[str, ...] = ("https://shop.example/a",), in_ledger: bool = True
) -> Organization:
    """A new organization whose campaign was sent to `reader@…`; `links` are the content's targets."""
    slug = f"t{uuid4().hex[:12]}"
    tenant = create_tenant(slug=slug, name=f"Shop {slug}", actor=SYSTEM, locale="ja")
    mailing_list = create_list(tenant_id=tenant.pk, name="News", actor=SYSTEM)
    contact = save_contact(tenant_id=tenant.pk, email=f"reader@{slug}.example", values={}, actor=SYSTEM)
    subscribe(tenant_id=tenant.pk, mailing_list_id=mailing_list.pk, contact_id=contact.pk, source="test")
    with tenant_scope(tenant.pk):
        domain = SendingDomain.objects.create(
            tenant_id=tenant.pk,
            name=f"news.{slug}.test",
            label=slug,
            state=SendingDomain.State.VERIFIED,
            verified_at=timezone.now(),
        )
        content = _content(tenant, domain, mailing_list, links)
        campaign = _campaign(tenant, mailing_list, content)
        message_id = _message_id(campaign, contact)
        if in_ledger:
            _message(tenant, campaign, contact, message_id)
    return Organization(
        tenant=tenant,
        domain=domain,
        mailing_list=mailing_list,
        contact=contact,
        campaign=campaign,
        message_id=message_id,
    )


def _content(
    tenant: Tenant, domain: SendingDomain, mailing_list: ContactList, links: tuple[str, ...]
) -> Content:
    content = Content.objects.create(
        tenant_id=tenant.pk,
        from_address=f"news@{domain.name}",
        subject="News",
        html="<p>Hello</p>",
        sending_domain=domain,
        mailing_list=mailing_list,
    )
    for index, target in enumerate(links):
        Link.objects.create(tenant_id=tenant.pk, content=content, index=index, target=target)
    return content


def _campaign(tenant: Tenant, mailing_list: ContactList, content: Content) -> Campaign:
    now = datetime.now(UTC)
    return Campaign.objects.create(
        tenant_id=tenant.pk,
        name="Autumn",
        state=Campaign.State.SENT,
        mailing_list=mailing_list,
        from_address=content.from_address,
        subject="News",
        html_source="<p>Hello</p>",
        content=content,
        launched_at=now.replace(microsecond=now.microsecond // 1000 * 1000),
        salt=0x1234_5678_9ABC,
        audience=1,
    )


def _message_id(campaign: Campaign, contact: Contact) -> UUID:
    assert campaign.launched_at is not None
    launched_ms = round(campaign.launched_at.timestamp() * 1000)
    return message_uuid(launched_ms, campaign.pk, contact.pk, campaign.salt)


def _message(tenant: Tenant, campaign: Campaign, contact: Contact, message_id: UUID) -> None:
    domain, _made = Domain.objects.get_or_create(name=contact.domain)
    Message.objects.create(
        tenant_id=tenant.pk,
        id=message_id,
        stream=Stream.MARKETING,
        campaign_id=campaign.pk,
        contact_id=contact.pk,
        content_id=campaign.content_id,
        rcpt=contact.email,
        rcpt_key=contact.email_key,
        domain_id=domain.pk,
        merge={"contact": {"email": contact.email, "coupon": "A 1"}},
        created_at=timezone.now(),
    )
