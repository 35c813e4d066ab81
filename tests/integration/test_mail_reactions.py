"""Complaints and opt-outs by mail reach the reports, each once, also when the event was lost."""

import pytest

from accounts.tenancy import tenant_scope
from delivery.inbound.address import Destination, token_keys
from delivery.inbound.mail import handle, keep, receive
from delivery.models import InboundMail
from relay_saas.mail.tokens import Purpose, Token, encode
from tests.delivery.reports import feedback
from tests.integration.organizations import Organization, make_organization
from tracking.models import EngagementCounter
from tracking.services.mail_reactions import record_mail, record_missed_mail

pytestmark = pytest.mark.usefixtures("committed")


def complaint(shop: Organization, kind: str = "abuse") -> int:
    token = encode(Token(Purpose.TRACE, shop.tenant.number, shop.message_id), shop.domain.name, token_keys())
    tenant_id, number = receive(
        destination=Destination(tenant_id=shop.tenant.pk),
        keys=token_keys(),
        mail_from="",
        rcpt="fbl@relay.test",
        raw=feedback(f"{token}@{shop.domain.name}", kind=kind),
    )
    handle(tenant_id=tenant_id, inbound_id=number)
    return number


def counted(shop: Organization) -> dict[str, tuple[int, int]]:
    with tenant_scope(shop.tenant.pk):
        rows = EngagementCounter.objects.filter(campaign_id=shop.campaign.pk)
        return {row.kind: (row.total, row.messages) for row in rows}


def test_a_complaint_is_in_the_report_once() -> None:
    shop = make_organization()
    number = complaint(shop)
    assert record_mail(tenant_id=shop.tenant.pk, inbound_ids=[number]) == 1
    assert record_mail(tenant_id=shop.tenant.pk, inbound_ids=[number]) == 0
    record_missed_mail()
    assert counted(shop) == {"complained": (1, 1)}


def test_what_no_event_told_of_is_found_by_the_sweeper() -> None:
    shop = make_organization()
    complaint(shop)
    assert record_missed_mail() >= 1
    assert counted(shop) == {"complained": (1, 1)}


def test_an_opt_out_by_mail_is_in_the_report() -> None:
    shop = make_organization()
    token = Token(Purpose.MAILTO, shop.tenant.number, shop.message_id)
    number = keep(tenant_id=shop.tenant.pk, token=token, mail_from="", raw=b"From: a@b.test\r\n\r\nstop\r\n")
    handle(tenant_id=shop.tenant.pk, inbound_id=number)
    record_mail(tenant_id=shop.tenant.pk, inbound_ids=[number])
    assert counted(shop) == {"unsubscribed": (1, 1)}


def test_what_is_no_complaint_is_in_no_report() -> None:
    shop = make_organization()
    number = complaint(shop, kind="not-spam")
    assert record_mail(tenant_id=shop.tenant.pk, inbound_ids=[number]) == 0
    assert counted(shop) == {}


def test_what_nobody_has_handled_yet_is_not_told() -> None:
    shop = make_organization()
    number = complaint(shop)
    with tenant_scope(shop.tenant.pk):
        InboundMail.objects.filter(pk=number).update(handled_at=None)
    assert record_mail(tenant_id=shop.tenant.pk, inbound_ids=[number]) == 0
