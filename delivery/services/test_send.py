"""Sends a campaign's draft to one address, as one of its recipients would get it."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit
from accounts.audit import Actor
from accounts.models import AuditEvent
from accounts.selectors.addresses import member_addresses
from accounts.tenancy import tenant_scope
from campaigns.selectors.campaigns import find_campaign, sample_contacts
from campaigns.services.preview import render_preview
from delivery.exceptions import (
    NobodyOnTheList,
    NotAMember,
    TestSendRefused,
    TooManyAddresses,
    TooManyTests,
)
from delivery.models.stream import Stream
from delivery.services.submission import Accepted, submit
from delivery.services.submission_spec import Mailbox, SubmissionSpec
from relay_saas.mail.addresses import BadAddress, parse_address

PREFIX: Final = "[Test] "
#: Addresses of one round, and messages of an organization within an hour.
MAX_ADDRESSES: Final = 5
MAX_PER_HOUR: Final = 50
_ONE_BY_ONE: Final = "select pg_advisory_xact_lock(hashtextextended(%s, 20265))"


def send_tests(
    *, tenant_id: UUID, campaign_id: int, addresses: Sequence[str], contact_id: int | None, actor: Actor
) -> list[Accepted]:
    """A round of tests to the organization's own people, all or none.

    Raises what `test_send` raises; TestSendRefused also for strangers' addresses and for too many.
    """
    addresses = list(dict.fromkeys(addresses))
    if not 0 < len(addresses) <= MAX_ADDRESSES:
        raise TooManyAddresses(TooManyAddresses.message % {"limit": MAX_ADDRESSES})
    if set(addresses) - set(member_addresses(tenant_id=tenant_id)):
        raise NotAMember
    with tenant_scope(tenant_id):
        with connection.cursor() as cursor:
            cursor.execute(_ONE_BY_ONE, [str(tenant_id)])
        hour = timezone.now() - timedelta(hours=1)
        sent = AuditEvent.objects.filter(verb="tested", at__gte=hour).count()
        if sent + len(addresses) > MAX_PER_HOUR:
            raise TooManyTests(TooManyTests.message % {"limit": MAX_PER_HOUR})
        return [
            test_send(
                tenant_id=tenant_id,
                campaign_id=campaign_id,
                address=address,
                contact_id=contact_id,
                actor=actor,
            )
            for address in addresses
        ]


def test_send(
    *, tenant_id: UUID, campaign_id: int, address: str, contact_id: int | None, actor: Actor
) -> Accepted:
    """One literal message through the same way as all mail, without tracking; nothing of it counts for the
    campaign.

    `contact_id` None takes the person who joined the list first. Raises NotFound, TestSendRefused (the code
    says why), PreviewProblem, DomainNotVerified, BadSubmission.
    """
    try:
        recipient = parse_address(address)
    except BadAddress as error:
        message = _("This is not an e-mail address that can be mailed: %(problem)s") % {"problem": error}
        raise TestSendRefused(message, code="bad_address") from error
    with tenant_scope(tenant_id):
        campaign = find_campaign(tenant_id=tenant_id, campaign_id=campaign_id)
        shown_for = contact_id or _first_contact(tenant_id, campaign.mailing_list_id)
        preview = render_preview(
            tenant_id=tenant_id, campaign_id=campaign_id, contact_id=shown_for, here=False
        )
        spec = SubmissionSpec(
            from_=Mailbox(address=campaign.from_address, name=campaign.from_name),
            to=(Mailbox(address=str(recipient)),),
            reply_to=campaign.reply_to,
            subject=f"{PREFIX}{preview.subject}",
            html=preview.html,
            text=preview.text,
            stream=Stream.TRANSACTIONAL,
            channel="test",
        )
        accepted = submit(tenant_id=tenant_id, spec=spec)
        audit.record(
            tenant_id=tenant_id,
            actor=actor,
            verb="tested",
            subject=campaign,
            changes={"address": str(recipient), "contact": shown_for},
        )
    return accepted


def _first_contact(tenant_id: UUID, mailing_list_id: int | None) -> int:
    people = sample_contacts(tenant_id=tenant_id, mailing_list_id=mailing_list_id)
    if not people:
        raise NobodyOnTheList
    return people[0].pk
