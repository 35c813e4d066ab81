"""csv-063 and tok-018: what somebody deletes meanwhile."""

import pytest

from accounts.audit import SYSTEM
from accounts.models import Tenant
from accounts.tenancy import tenant_scope
from campaigns.exceptions import CampaignError, ListInUse
from campaigns.models import Campaign, ContactList, Subscription
from campaigns.services import imports
from campaigns.services.lists import archive_list, delete_list
from campaigns.services.shelf import delete_draft
from tests.campaigns.wizard import TWO, Wizard, emails


def test_a_list_is_not_deleted_under_an_import_and_one_put_away_takes_it_all_the_same(
    tenant: Tenant, wizard: Wizard, mailing_list: ContactList
) -> None:
    wizard.upload(TWO)
    wizard.map()
    key = {"tenant_id": tenant.id, "mailing_list_id": mailing_list.pk, "actor": SYSTEM}
    halfway: list[int] = []

    def delete_it(done: int, _total: int) -> None:
        with pytest.raises(ListInUse):
            delete_list(**key)
        archive_list(**key, archived=True)
        halfway.append(done)

    imports.write_contacts(wizard.row, delete_it)
    assert halfway
    assert emails(tenant) == {"ann@gmail.test", "bob@gmail.test"}
    with tenant_scope(tenant.id):
        assert Subscription.objects.filter(mailing_list_id=mailing_list.pk).count() == 2


def test_a_campaign_whose_links_are_in_mailboxes_cannot_be_deleted(sending: Campaign) -> None:
    key = {"tenant_id": sending.tenant_id, "campaign_id": sending.pk, "actor": SYSTEM}
    for state in ("sending", "paused", "sent", "cancelled"):
        with tenant_scope(sending.tenant_id):
            Campaign.objects.filter(pk=sending.pk).update(state=state)
        with pytest.raises(CampaignError):
            delete_draft(**key)
    with tenant_scope(sending.tenant_id):
        assert Campaign.objects.filter(pk=sending.pk).exists()
