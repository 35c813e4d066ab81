"""Who stands behind an unsubscribe token, even after the message's month was dropped."""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from django.db import connection

from accounts.models import Tenant
from accounts.tenancy import tenant_scope
from campaigns.models import Campaign, Contact, ContactList, Content, Subscription, Suppression
from delivery.models import Message
from relay_saas.mail.addresses import mask
from relay_saas.mail.tokens import Token
from tracking.exceptions import UnknownLink

_CONTACT_BITS = (1 << 62) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """A person as the public pages know them."""

    tenant_id: UUID
    tenant_name: str
    locale: str
    message_id: UUID
    campaign_id: int | None
    contact_id: int | None
    email_key: str
    masked: str
    #: The list that one click ends; None: all marketing of the tenant.
    list_id: int | None
    list_name: str
    subscribed: bool


def tenant_of(number: int) -> UUID | None:
    """The tenant that a token names."""
    with connection.cursor() as cursor:
        cursor.execute("select resolve_tenant_number(%s)", [number])
        row = cursor.fetchone()
    return row[0] if row else None


def find_recipient(token: Token) -> Recipient:
    """The person of a verified token; raises UnknownLink when neither ledger nor campaign knows the message."""
    tenant_id = tenant_of(token.tenant)
    if tenant_id is None:
        raise UnknownLink
    with tenant_scope(tenant_id):
        tenant = Tenant.objects.get(pk=tenant_id)
        message = Message.objects.filter(id=token.message).first()
        if message is not None:
            content = Content.objects.select_related("mailing_list").get(pk=message.content_id)
            return _recipient(
                tenant, token.message, message.campaign_id, message.contact_id, message.rcpt_key, content.mailing_list
            )
        campaign = Campaign.objects.select_related("mailing_list").filter(launched_at=_launched_at(token.message)).first()
        if campaign is None:
            raise UnknownLink
        contact = Contact.objects.filter(pk=(token.message.int ^ campaign.salt) & _CONTACT_BITS).first()
        if contact is None:
            raise UnknownLink
        return _recipient(tenant, token.message, campaign.pk, contact.pk, contact.email_key, campaign.mailing_list)


def _launched_at(message_id: UUID) -> datetime:
    """The launch instant in a derived id (docs/adr/0002-ledger.md)."""
    return datetime.fromtimestamp((message_id.int >> 80) / 1000, UTC)


def _recipient(
    tenant: Tenant,
    message_id: UUID,
    campaign_id: int | None,
    contact_id: int | None,
    email_key: str,
    mailing_list: ContactList | None,
) -> Recipient:
    return Recipient(
        tenant_id=tenant.pk,
        tenant_name=tenant.name,
        locale=tenant.locale,
        message_id=message_id,
        campaign_id=campaign_id,
        contact_id=contact_id,
        email_key=email_key,
        masked=mask(email_key),
        list_id=mailing_list.pk if mailing_list else None,
        list_name=mailing_list.name if mailing_list else "",
        subscribed=_subscribed(contact_id, email_key, mailing_list),
    )


def _subscribed(contact_id: int | None, email_key: str, mailing_list: ContactList | None) -> bool:
    if Suppression.objects.filter(email_key=email_key, scope=Suppression.Scope.MARKETING).exists():
        return False
    if mailing_list is None or contact_id is None:
        return True
    return Subscription.objects.filter(
        mailing_list=mailing_list, contact_id=contact_id, state=Subscription.State.SUBSCRIBED
    ).exists()
