"""Twenty clicks on Send."""

from concurrent.futures import ThreadPoolExecutor

from django.db import connections

from accounts.models import SendingDomain, Tenant
from accounts.tenancy import tenant_scope
from delivery.models import Launch, Message, QueueEntry
from delivery.services.expand import write_messages
from tests.delivery.builders import make_campaign, make_contacts, make_list


def test_twenty_parallel_launches_write_one_ledger(tenant: Tenant, domain: SendingDomain) -> None:
    mailing_list = make_list(tenant.pk)
    make_contacts(tenant.pk, mailing_list, [f"p{n}@one.test" for n in range(300)])
    campaign_id = make_campaign(tenant.pk, mailing_list, domain)

    def launch(_: int) -> int:
        try:
            return write_messages(tenant_id=tenant.pk, campaign_id=campaign_id).written
        finally:
            connections.close_all()

    with ThreadPoolExecutor(20) as pool:
        written = sorted(pool.map(launch, range(20)))
    assert written == [0] * 19 + [300]
    with tenant_scope(tenant.pk):
        assert Message.objects.count() == QueueEntry.objects.count() == 300
        assert Launch.objects.count() == 1
