"""Whom a message was for, also after the month of its row was dropped (docs/adr/0002-ledger.md)."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from accounts.tenancy import reading_scope
from campaigns.models import Campaign, Contact, Content
from delivery.models import Message

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CONTACT_BITS = (1 << 62) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Addressee:
    """A person, and the list that the mail belonged to."""

    email_key: str
    contact_id: int | None
    mailing_list_id: int | None


def find_addressee(*, tenant_id: UUID, message_id: UUID) -> Addressee | None:
    """The addressee by the ledger, else by what the id itself says; None where both know nothing."""
    with reading_scope(tenant_id):
        message = Message.objects.filter(id=message_id).first()
        if message is None:
            return _by_id(message_id)
        content = Content.objects.only("mailing_list_id").get(pk=message.content_id)
        return Addressee(
            email_key=message.rcpt_key,
            contact_id=message.contact_id,
            mailing_list_id=content.mailing_list_id,
        )


def _by_id(message_id: UUID) -> Addressee | None:
    launched_at = _EPOCH + timedelta(milliseconds=message_id.int >> 80)
    campaign = Campaign.objects.filter(launched_at=launched_at).first()
    if campaign is None:
        return None
    contact = Contact.objects.filter(pk=(message_id.int ^ campaign.salt) & _CONTACT_BITS).first()
    if contact is None:
        return None
    return Addressee(
        email_key=contact.email_key, contact_id=contact.pk, mailing_list_id=campaign.mailing_list_id
    )
