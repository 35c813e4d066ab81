"""Who left stays away, whatever file names them again; who left by mistake can come back."""

from typing import Any

import pytest

from accounts.audit import SYSTEM
from accounts.models import AuditEvent, Tenant
from accounts.tenancy import tenant_scope
from campaigns.models import Contact, ContactList, Subscription, Suppression
from campaigns.selectors.audience import audience_of
from campaigns.services.suppression import remove_suppression, resubscribe, suppress, unsubscribe
from relay_saas.web.errors import NotFound
from tests.campaigns.conftest import PEOPLE
from tests.campaigns.kinds import Load

Scope, Reason = Suppression.Scope, Suppression.Reason
ANN = "ann@gmail.test"


@pytest.fixture
def key(tenant: Tenant, mailing_list: ContactList, load: Load) -> dict[str, Any]:
    """What tells Ann's subscription."""
    load(PEOPLE)
    with tenant_scope(tenant.id):
        contact = Contact.objects.get(email_key=ANN)
    return {
        "tenant_id": tenant.id,
        "email_key": ANN,
        "contact_id": contact.pk,
        "mailing_list_id": mailing_list.pk,
    }


def state_of(key: dict[str, Any]) -> str:
    with tenant_scope(key["tenant_id"]):
        return Subscription.objects.get(contact_id=key["contact_id"]).state


def test_unsubscribing_ends_the_list_once(key: dict[str, Any]) -> None:
    assert unsubscribe(**key, source="one_click")
    assert not unsubscribe(**key, source="one_click")
    assert state_of(key) == "unsubscribed"
    with tenant_scope(key["tenant_id"]):
        assert not Suppression.objects.exists()


def test_without_a_list_it_ends_all_marketing(key: dict[str, Any]) -> None:
    assert unsubscribe(**(key | {"mailing_list_id": None}), source="one_click")
    assert not unsubscribe(**(key | {"mailing_list_id": None}), source="one_click")
    with tenant_scope(key["tenant_id"]):
        row = Suppression.objects.get()
    assert (row.email_key, row.scope, row.reason, row.detail) == (
        ANN,
        "marketing",
        "unsubscribed",
        "one_click",
    )


def test_of_a_contact_that_was_deleted_it_ends_all_marketing(key: dict[str, Any]) -> None:
    assert unsubscribe(**(key | {"contact_id": 10**12, "email_key": "gone@gmail.test"}), source="one_click")
    with tenant_scope(key["tenant_id"]):
        assert Suppression.objects.get(scope="marketing").email_key == "gone@gmail.test"


def test_mail_to_an_address_ends_the_list_for_the_contact_of_that_address(key: dict[str, Any]) -> None:
    by_address = key | {"contact_id": None}
    assert unsubscribe(**by_address, source="one_click")
    assert state_of(key) == "unsubscribed"
    assert resubscribe(**by_address, source="undo")
    assert state_of(key) == "subscribed"


def test_a_stranger_who_leaves_a_list_is_a_contact_from_then_on(key: dict[str, Any]) -> None:
    stranger = key | {"contact_id": None, "email_key": "new@gmail.test"}
    assert unsubscribe(**stranger, source="one_click")
    with tenant_scope(key["tenant_id"]):
        contact = Contact.objects.get(email_key="new@gmail.test")
        assert not Suppression.objects.exists()
    assert state_of(key | {"contact_id": contact.pk}) == "unsubscribed"


def test_an_import_brings_nobody_back(key: dict[str, Any], load: Load) -> None:
    unsubscribe(**key, source="page")
    suppress(tenant_id=key["tenant_id"], email_key="bob@gmail.test", scope=Scope.ALL, reason=Reason.BOUNCED)
    counts = load(PEOPLE).counts
    assert (counts["unsubscribed"], counts["suppressed"], counts["subscribed"]) == (1, 1, 0)
    assert state_of(key) == "unsubscribed"
    audience = audience_of(tenant_id=key["tenant_id"], mailing_list_id=key["mailing_list_id"])
    assert (audience.total, audience.reachable, audience.unsubscribed, audience.suppressed) == (2, 0, 1, 1)


def test_a_mistaken_unsubscription_is_undone(key: dict[str, Any]) -> None:
    unsubscribe(**key, source="page")
    unsubscribe(**(key | {"mailing_list_id": None}), source="page")
    assert resubscribe(**key, source="undo")
    assert not resubscribe(**key, source="undo")
    assert state_of(key) == "subscribed"
    with tenant_scope(key["tenant_id"]):
        assert not Suppression.objects.exists()


def test_a_complaint_is_not_undone(key: dict[str, Any]) -> None:
    suppress(tenant_id=key["tenant_id"], email_key=ANN, scope=Scope.MARKETING, reason=Reason.COMPLAINED)
    resubscribe(**key, source="undo")
    with tenant_scope(key["tenant_id"]):
        assert Suppression.objects.get().reason == "complained"


def test_the_first_reason_stays(tenant: Tenant) -> None:
    key = {"tenant_id": tenant.id, "email_key": ANN, "scope": Scope.ALL}
    assert suppress(**key, reason=Reason.BOUNCED, detail="550 5.1.1")
    assert not suppress(**key, reason=Reason.MANUAL)
    with tenant_scope(tenant.id):
        assert Suppression.objects.get().detail == "550 5.1.1"
        assert not AuditEvent.objects.filter(verb="suppressed").exists()


def test_what_a_person_does_is_recorded(tenant: Tenant) -> None:
    suppress(tenant_id=tenant.id, email_key=ANN, scope=Scope.ALL, reason=Reason.MANUAL)
    with tenant_scope(tenant.id):
        row = Suppression.objects.get()
    remove_suppression(tenant_id=tenant.id, suppression_id=row.pk, reason="asked by phone", actor=SYSTEM)
    with tenant_scope(tenant.id):
        assert not Suppression.objects.exists()
        verbs = set(AuditEvent.objects.filter(object_type="suppression").values_list("verb", flat=True))
    assert verbs == {"suppressed", "removed"}


def test_another_tenants_suppression_does_not_exist(tenant: Tenant, other_tenant: Tenant) -> None:
    suppress(tenant_id=tenant.id, email_key=ANN, scope=Scope.ALL, reason=Reason.MANUAL)
    with tenant_scope(tenant.id):
        row = Suppression.objects.get()
    with pytest.raises(NotFound):
        remove_suppression(
            tenant_id=other_tenant.id, suppression_id=row.pk, reason="asked by phone", actor=SYSTEM
        )
