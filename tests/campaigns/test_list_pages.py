"""Lists with their headcounts, fields with their defaults, suppressions by hand."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.audit import SYSTEM
from accounts.models import AuditEvent, Role, Tenant
from accounts.tenancy import tenant_scope
from campaigns.models import (
    Campaign,
    Contact,
    ContactField,
    ContactList,
    Headcount,
    Subscription,
    Suppression,
)
from campaigns.selectors.headcounts import EVERYBODY, Heads, headcounts
from campaigns.services.contacts import delete_contact
from campaigns.services.lists import create_list
from campaigns.services.preview import render_preview
from campaigns.services.suppression import suppress
from tests.campaigns.conftest import PEOPLE
from tests.campaigns.kinds import Load, Write
from tests.campaigns.test_views import person
from tests.statements import at_most

State = Subscription.State


@pytest.fixture
def marketer(tenant: Tenant) -> Client:
    client = person(tenant, "alice", Role.MARKETER)
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    return client


def url(name: str, *ids: object) -> str:
    return reverse(f"campaigns:{name}", args=["acme", *ids])


def heads(tenant: Tenant, mailing_list: ContactList) -> tuple[Heads, Heads]:
    with tenant_scope(tenant.id):
        counted = headcounts(tenant_id=tenant.id)
    return counted.get(EVERYBODY, Heads()), counted.get(mailing_list.pk, Heads())


def test_headcounts_follow_every_way_of_writing(
    tenant: Tenant, mailing_list: ContactList, load: Load
) -> None:
    load(PEOPLE)
    load(PEOPLE)
    assert heads(tenant, mailing_list) == (Heads(here=2), Heads(here=2))
    with tenant_scope(tenant.id):
        ann = Contact.objects.get(email_key="ann@gmail.test")
        Subscription.objects.filter(contact=ann).update(state=State.UNSUBSCRIBED)
        Subscription.objects.filter(contact=ann).update(state=State.UNSUBSCRIBED, source="page")
    assert heads(tenant, mailing_list) == (Heads(here=2), Heads(here=1, away=1))
    delete_contact(tenant_id=tenant.id, contact_id=ann.pk, actor=SYSTEM)
    assert heads(tenant, mailing_list) == (Heads(here=1), Heads(here=1))
    with tenant_scope(tenant.id):
        assert Headcount.objects.filter(mailing_list_id=mailing_list.pk).count() == 1


def test_headcounts_belong_to_their_organization(
    tenant: Tenant, other_tenant: Tenant, mailing_list: ContactList, load: Load
) -> None:
    load(PEOPLE)
    with tenant_scope(other_tenant.id):
        assert headcounts(tenant_id=other_tenant.id) == {}


def test_a_list_is_made_renamed_and_archived(
    marketer: Client, tenant: Tenant, mailing_list: ContactList
) -> None:
    assert marketer.post(url("list_create"), {"name": " News "}).status_code == 422
    marketer.post(url("list_create"), {"name": "Offers"})
    with tenant_scope(tenant.id):
        offers = ContactList.objects.get(name="Offers")
    assert marketer.post(url("list_rename", offers.pk), {"name": "News"}).status_code == 422
    assert marketer.post(url("list_rename", offers.pk), {"name": "Sales"}).status_code == 302
    marketer.post(url("list_archive", offers.pk))
    assert "Sales" not in marketer.get(url("lists")).content.decode()
    assert "Sales" in marketer.get(url("lists"), {"archived": "1"}).content.decode()
    marketer.post(url("list_archive", offers.pk), {"restore": "1"})
    assert "Sales" in marketer.get(url("lists")).content.decode()


def test_only_an_unused_list_is_deleted(
    marketer: Client, tenant: Tenant, mailing_list: ContactList, write: Write
) -> None:
    unused = create_list(tenant_id=tenant.id, name="Never", actor=SYSTEM)
    write()
    for one in (unused, mailing_list):
        assert marketer.post(url("list_delete", one.pk)).status_code == 302
    with tenant_scope(tenant.id):
        assert list(ContactList.objects.values_list("name", flat=True)) == ["News"]


def test_the_page_of_a_list_shows_its_people_by_state(
    marketer: Client, mailing_list: ContactList, load: Load
) -> None:
    load(PEOPLE)
    with at_most(20):
        page = marketer.get(url("list", mailing_list.pk)).content.decode()
    assert "ann@gmail.test" in page
    gone = marketer.get(url("list", mailing_list.pk), {"state": "unsubscribed"}).content.decode()
    assert "Nobody in this state" in gone
    with at_most(12):
        marketer.get(url("lists"))


def test_a_field_has_a_default_that_fits(marketer: Client, tenant: Tenant) -> None:
    number = {"label": "Points", "key": "points", "kind": "number"}
    for wrong in ({"merge_default": ""}, {"merge_default": "many"}, {"key": "size"}, {"key": "1a"}):
        values = number | {"merge_default": "0"} | wrong
        assert marketer.post(url("field_create"), values).status_code == 422
    assert marketer.post(url("field_create"), number | {"merge_default": "0"}).status_code == 302
    with tenant_scope(tenant.id):
        field = ContactField.objects.get()
    assert field.merge_default == 0
    assert marketer.post(url("field", field.pk), {"label": "P", "merge_default": "1,000"}).status_code == 302
    with tenant_scope(tenant.id):
        assert ContactField.objects.get().merge_default == 1000


def test_the_default_stands_where_a_value_is_missing(
    tenant: Tenant, draft: Campaign, write: Write, load: Load
) -> None:
    load("email\ncy@gmail.test\n")
    with tenant_scope(tenant.id):
        ContactField.objects.filter(key="first_name").update(merge_default="dear reader")
        cy = Contact.objects.get(email_key="cy@gmail.test")
        ann = Contact.objects.get(email_key="ann@gmail.test")
    shown = [
        render_preview(tenant_id=tenant.id, campaign_id=draft.pk, contact_id=one.pk).subject
        for one in (cy, ann)
    ]
    assert shown == ["Hello dear reader", "Hello Ann"]


def test_the_drafts_that_name_a_field_are_told(marketer: Client, tenant: Tenant, draft: Campaign) -> None:
    with tenant_scope(tenant.id):
        field = ContactField.objects.get(key="first_name")
    assert "Spring" in marketer.get(url("field", field.pk)).content.decode()


def test_pasted_addresses_are_suppressed_and_bad_ones_told(marketer: Client, tenant: Tenant) -> None:
    pasted = {"addresses": "Ann@gmail.test\r\n\r\nnobody\r\nann@gmail.test\r\nbob@gmail.test", "scope": "all"}
    assert marketer.post(url("suppression_add"), pasted).status_code == 422
    answer = marketer.post(url("suppression_add"), pasted | {"detail": "left the company"})
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "Line 3" in page
    assert "The e-mail address has no @." in page
    assert "2 addresses are suppressed from now on." in page
    with tenant_scope(tenant.id):
        rows = Suppression.objects.order_by("email_key").values_list("email_key", "reason", "detail")
        assert list(rows) == [
            (name, "manual", "left the company") for name in ("ann@gmail.test", "bob@gmail.test")
        ]
        assert AuditEvent.objects.filter(verb="suppressed").count() == 1


def test_taking_a_suppression_off_needs_a_reason_and_warns(marketer: Client, tenant: Tenant) -> None:
    suppress(
        tenant_id=tenant.id,
        email_key="ann@gmail.test",
        scope=Suppression.Scope.MARKETING,
        reason=Suppression.Reason.COMPLAINED,
    )
    with tenant_scope(tenant.id):
        row = Suppression.objects.get()
    assert "reported your mail as spam" in marketer.get(url("suppression_remove", row.pk)).content.decode()
    assert marketer.post(url("suppression_remove", row.pk), {"reason": " "}).status_code == 422
    assert marketer.post(url("suppression_remove", row.pk), {"reason": "a letter"}).status_code == 302
    with tenant_scope(tenant.id):
        assert not Suppression.objects.exists()
        changes = AuditEvent.objects.filter(verb="removed").latest("id").changes
    assert (changes["reason"], changes["address"]) == ("a letter", "ann@gmail.test")
