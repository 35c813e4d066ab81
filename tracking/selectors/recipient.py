"""Who stands behind an unsubscribe token, even after the message's month was dropped."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from django.db import connection

from accounts.models import Tenant
from accounts.tenancy import reading_scope
from campaigns.models import Campaign, Contact, ContactList, Content, Subscription, Suppression
from delivery.models import Message
from relay_saas.mail.addresses import mask
from relay_saas.mail.tokens import Token
from tracking.exceptions import UnknownLink

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
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


class _Addressee(NamedTuple):
    campaign_id: int | None
    contact_id: int | None
    email_key: str
    mailing_list: ContactList | None


def tenant_of(number: int) -> UUID | None:
    """The tenant that a token names."""
    with connection.cursor() as cursor:
        cursor.execute("select resolve_tenant_number(%s)", [number])
        row = cursor.fetchone()
    return row[0] if row else None


def find_recipient(token: Token) -> Recipient:
    """The person of a verified token.

    Raises UnknownLink when neither the ledger nor a campaign knows the message.
    """
    tenant_id = tenant_of(token.tenant)
    if tenant_id is None:
        raise UnknownLink
    with reading_scope(tenant_id):
        addressee = _in_ledger(token.message) or _in_campaign(token.message)
        if addressee is None:
            raise UnknownLink
        return _recipient(Tenant.objects.get(pk=tenant_id), token.message, addressee)


def _in_ledger(message_id: UUID) -> _Addressee | None:
    message = Message.objects.filter(id=message_id).first()
    if message is None:
        return None
    content = Content.objects.select_related("mailing_list").get(pk=message.content_id)
    contact_id = message.contact_id
    if contact_id is None and content.mailing_list is not None:
        # Mail about a topic to somebody who was no contact then.
        contact_id = Contact.objects.filter(email_key=message.rcpt_key).values_list("pk", flat=True).first()
    return _Addressee(message.campaign_id, contact_id, message.rcpt_key, content.mailing_list)


def _in_campaign(message_id: UUID) -> _Addressee | None:
    """The id itself says launch instant and contact (docs/adr/0002-ledger.md)."""
    launched_at = EPOCH + timedelta(milliseconds=message_id.int >> 80)
    campaign = Campaign.objects.select_related("mailing_list").filter(launched_at=launched_at).first()
    if campaign is None:
        return None
    contact = Contact.objects.filter(pk=(message_id.int ^ campaign.salt) & _CONTACT_BITS).first()
    if contact is None:
        return None
    return _Addressee(campaign.pk, contact.pk, contact.email_key, campaign.mailing_list)


def _recipient(tenant: Tenant, message_id: UUID, addressee: _Addressee) -> Recipient:
    mailing_list = addressee.mailing_list
    return Recipient(
        tenant_id=tenant.pk,
        tenant_name=tenant.name,
        locale=tenant.locale,
        message_id=message_id,
        campaign_id=addressee.campaign_id,
        contact_id=addressee.contact_id,
        email_key=addressee.email_key,
        masked=mask(addressee.email_key),
        list_id=mailing_list.pk if mailing_list else None,
        list_name=mailing_list.name if mailing_list else "",
        subscribed=_subscribed(addressee),
    )


def _subscribed(addressee: _Addressee) -> bool:
    if Suppression.objects.filter(email_key=addressee.email_key, scope=Suppression.Scope.MARKETING).exists():
        return False
    if addressee.mailing_list is None or addressee.contact_id is None:
        return True
    places = Subscription.objects.filter(mailing_list=addressee.mailing_list, contact_id=addressee.contact_id)
    state = places.values_list("state", flat=True).first()
    # Mail by API about a list goes to people who never joined it, too.
    usual = Subscription.State.UNSUBSCRIBED if addressee.campaign_id else Subscription.State.SUBSCRIBED
    return (state or usual) == Subscription.State.SUBSCRIBED
