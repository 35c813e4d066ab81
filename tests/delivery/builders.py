"""Rows that tests of delivery begin with, made as the services make them but without files, markup and
DNS."""

import secrets
from collections.abc import Sequence
from uuid import UUID

from django.utils import timezone

from accounts.models import DkimKey, SendingDomain
from accounts.selectors.signing import key_aad
from accounts.tenancy import tenant_scope
from campaigns.models import Campaign, Contact, ContactList, Content, Link, Subscription
from relay_saas.mail.addresses import parse_address
from relay_saas.mail.dkim import generate_key
from relay_saas.vault import seal

HTML = (
    "<p>Hello {{ contact.first_name }}</p><p><a href='{{ relay_link[0] }}'>shop</a> {{ sender.name }} "
    "<a href='{{ unsubscribe_url }}'>unsubscribe</a></p><img src='{{ relay_pixel }}'>"
)
TEXT = "Hello {{ contact.first_name }}\n{{ relay_link[0] }}\n{{ sender.name }}\n{{ unsubscribe_url }}\n"
_KEYS = {algorithm: generate_key(algorithm) for algorithm in ("rsa-sha256", "ed25519-sha256")}


def make_domain(tenant_id: UUID, name: str = "news.acme.test") -> SendingDomain:
    """A verified sending domain with both active keys."""
    with tenant_scope(tenant_id):
        domain = SendingDomain.objects.create(
            tenant_id=tenant_id,
            name=name,
            label=secrets.token_hex(10),
            state=SendingDomain.State.VERIFIED,
            verified_at=timezone.now(),
        )
        for selector, algorithm in (("r1", "rsa-sha256"), ("e1", "ed25519-sha256")):
            pem, txt = _KEYS[algorithm]
            DkimKey.objects.create(
                tenant_id=tenant_id,
                domain=domain,
                selector=selector,
                algorithm=algorithm,
                private_sealed=seal(pem, key_aad(tenant_id, name, selector)),
                public_txt=txt,
            )
    return domain


def make_list(tenant_id: UUID, name: str = "News") -> ContactList:
    """An empty list."""
    with tenant_scope(tenant_id):
        return ContactList.objects.create(tenant_id=tenant_id, name=name)


def make_contacts(tenant_id: UUID, mailing_list: ContactList, addresses: Sequence[str]) -> None:
    """Subscribed people with a first name."""
    with tenant_scope(tenant_id):
        contacts = []
        for address in addresses:
            parsed = parse_address(address)
            contacts.append(
                Contact(
                    tenant_id=tenant_id,
                    email=str(parsed),
                    email_key=parsed.key,
                    domain=parsed.domain,
                    attrs={"first_name": parsed.local.title()},
                    needs_smtputf8=parsed.needs_smtputf8,
                )
            )
        made = Contact.objects.bulk_create(contacts)
        Subscription.objects.bulk_create(
            Subscription(tenant_id=tenant_id, mailing_list=mailing_list, contact=contact) for contact in made
        )


def make_campaign(
    tenant_id: UUID,
    mailing_list: ContactList,
    domain: SendingDomain,
    *,
    fields: Sequence[str] = ("contact.first_name", "sender.name"),
    html: str = HTML,
    text: str = TEXT,
) -> int:
    """A campaign in the state *launching*, its content frozen."""
    now = timezone.now()
    with tenant_scope(tenant_id):
        content = Content.objects.create(
            tenant_id=tenant_id,
            from_name="Acme News",
            from_address=f"news@{domain.name}",
            subject="News for {{ contact.first_name }}",
            html=html,
            text=text,
            fields=list(fields),
            sending_domain=domain,
            mailing_list=mailing_list,
        )
        Link.objects.create(
            tenant_id=tenant_id, content=content, index=0, target="https://shop.example.test/"
        )
        campaign = Campaign.objects.create(
            tenant_id=tenant_id,
            name="News",
            mailing_list=mailing_list,
            from_address=content.from_address,
            subject=content.subject,
            html_source=html,
            state=Campaign.State.LAUNCHING,
            content=content,
            launched_at=now.replace(microsecond=now.microsecond // 1000 * 1000),
            salt=secrets.randbits(62),
        )
    return campaign.pk
