"""The import as a person walks it: stopping, throwing away, undoing; what nobody may bring back."""

import pytest

from accounts.audit import SYSTEM
from accounts.models import Tenant
from accounts.tenancy import tenant_scope
from campaigns.models import Campaign, Contact, ContactImport, Subscription, Suppression
from campaigns.services import imports
from campaigns.services.contacts import save_contact
from campaigns.services.imports import kept_file
from campaigns.services.suppression import suppress
from tests.campaigns.kinds import Load, Write
from tests.campaigns.wizard import TWO, Wizard, codes, emails, page, work


def test_an_import_that_is_stopped_writes_nothing_and_may_begin_again(tenant: Tenant, wizard: Wizard) -> None:
    wizard.upload(TWO)
    wizard.map()
    wizard.press("import_start")
    wizard.press("import_stop")
    work(tenant.id)
    assert wizard.row.stage == ContactImport.Stage.CANCELLED
    assert emails(tenant) == set()
    wizard.start()
    assert wizard.row.result["new"] == 2


def test_a_stop_in_the_last_moment_takes_everything_back(tenant: Tenant, wizard: Wizard) -> None:
    wizard.upload(TWO)
    wizard.map()
    found = wizard.row

    def stop_at_the_end(done: int, total: int) -> None:
        if emails(tenant):
            raise ConnectionError

    with pytest.raises(ConnectionError):
        imports.write_contacts(found, stop_at_the_end)
    assert emails(tenant) == set()
    assert wizard.start().status_code == 302
    assert wizard.row.result["new"] == 2


def test_a_worker_that_died_after_writing_leaves_true_counts(tenant: Tenant, wizard: Wizard) -> None:
    wizard.upload(TWO)
    wizard.map()
    wizard.press("import_start")
    imports.write_contacts(wizard.row, lambda *_: None)
    work(tenant.id)
    assert wizard.row.result["new"] == 2
    assert wizard.row.job.counts["new"] == 2


def test_a_draft_is_thrown_away_with_its_file(tenant: Tenant, wizard: Wizard) -> None:
    wizard.upload(TWO)
    path = kept_file(wizard.id)
    assert path.exists()
    assert wizard.press("import_discard")["Location"] == page("imports")
    assert not path.exists()
    assert wizard.get("import").status_code == 404


def test_what_is_imported_can_be_neither_changed_nor_thrown_away(wizard: Wizard) -> None:
    wizard.walk(TWO)
    for name in ("import_file", "import_map", "import_check"):
        assert wizard.get(name)["Location"] == page("import", wizard.id)
    wizard.press("import_discard")
    wizard.press("import_check_again")
    assert wizard.row.stage == ContactImport.Stage.DONE


def test_suppressed_and_departed_people_stay_so(tenant: Tenant, wizard: Wizard, load: Load) -> None:
    load(TWO)
    with tenant_scope(tenant.id):
        Subscription.objects.filter(contact__email_key="ann@gmail.test").update(
            state="unsubscribed", source="one_click"
        )
    suppress(
        tenant_id=tenant.id,
        email_key="bob@gmail.test",
        scope=Suppression.Scope.ALL,
        reason=Suppression.Reason.COMPLAINED,
        detail="",
        actor=SYSTEM,
    )
    counts = wizard.walk(TWO)
    assert (counts["suppressed"], counts["unsubscribed"], counts["subscribed"]) == (1, 1, 0)
    wizard.press("import_undo")
    work(tenant.id)
    with tenant_scope(tenant.id):
        assert Suppression.objects.count() == 1
        assert Subscription.objects.get(contact__email_key="ann@gmail.test").state == "unsubscribed"


def test_undo_takes_back_what_the_import_added(tenant: Tenant, wizard: Wizard, load: Load) -> None:
    load("email,first_name\nann@gmail.test,Ann\n")
    wizard.walk(
        b"email,first_name\nann@gmail.test,Anna\nbob@gmail.test,Bob\ncy@gmail.test,Cy\ndi@gmail.test,Di\n"
    )
    save_contact(tenant_id=tenant.id, email="cy@gmail.test", values={"first_name": "Cyril"}, actor=SYSTEM)
    with tenant_scope(tenant.id):
        Subscription.objects.filter(contact__email_key="di@gmail.test").update(
            state="unsubscribed", source="one_click"
        )
    wizard.press("import_undo")
    work(tenant.id)
    assert wizard.row.stage == ContactImport.Stage.UNDONE
    assert wizard.row.undo_counts == {"left_list": 2, "removed": 1}
    assert "had joined the list; the import was undone" in wizard.get("import").content.decode()
    assert emails(tenant) == {"ann@gmail.test", "cy@gmail.test", "di@gmail.test"}
    with tenant_scope(tenant.id):
        left = dict(Subscription.objects.values_list("contact__email_key", "state"))
        assert Contact.objects.get(email_key="ann@gmail.test").attrs == {"first_name": "Anna"}
    assert left == {"ann@gmail.test": "subscribed", "di@gmail.test": "unsubscribed"}
    wizard.press("import_undo")
    work(tenant.id)
    assert wizard.row.undo_counts == {"left_list": 2, "removed": 1}


def test_undo_keeps_people_whom_a_campaign_was_launched_to(
    tenant: Tenant, wizard: Wizard, write: Write
) -> None:
    wizard.walk(TWO)
    campaign = write()
    with tenant_scope(tenant.id):
        Campaign.objects.filter(pk=campaign.pk).update(launched_at=wizard.row.imported_at, state="sent")
    wizard.press("import_undo")
    work(tenant.id)
    assert wizard.row.undo_counts == {"left_list": 2, "removed": 0}


def test_undo_ends_after_seven_days(tenant: Tenant, wizard: Wizard) -> None:
    wizard.walk(TWO)
    assert "Undo the import" in wizard.get("import").content.decode()
    with tenant_scope(tenant.id):
        ContactImport.objects.update(imported_at="2024-01-01T00:00Z")
    assert "Undo the import" not in wizard.get("import").content.decode()
    assert "undo_impossible" in codes(wizard.client.post(page("import_undo", wizard.id), follow=True))


def test_a_file_that_nobody_came_back_for_is_forgotten(tenant: Tenant, wizard: Wizard) -> None:
    wizard.upload(TWO)
    old, path = wizard.id, kept_file(wizard.id)
    with tenant_scope(tenant.id):
        ContactImport.objects.update(created_at="2024-01-01T00:00Z")
    wizard.upload(TWO)
    assert not path.exists()
    assert wizard.client.get(page("import", old)).status_code == 404
