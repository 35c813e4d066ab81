"""Single contacts, lists and fields."""

import pytest

from accounts.audit import SYSTEM
from accounts.models import AuditEvent, Tenant
from accounts.tenancy import tenant_scope
from campaigns.exceptions import BadContact, BadDraft, BadName, ListGone
from campaigns.models import Contact, ContactField, ContactList, Subscription
from campaigns.selectors.campaigns import find_list, sample_contacts
from campaigns.services.campaigns import CampaignDraft, create_campaign
from campaigns.services.contacts import save_contact
from campaigns.services.fields import create_field
from campaigns.services.lists import create_list, rename_list, subscribe
from tests.campaigns.conftest import PEOPLE
from tests.campaigns.kinds import Load, Write

Kind = ContactField.Kind


def field(tenant: Tenant, key: str = "points", kind: Kind = Kind.NUMBER) -> ContactField:
    return create_field(tenant_id=tenant.id, key=key, label="", kind=kind, actor=SYSTEM)


def save(tenant: Tenant, email: str, **values: str) -> Contact:
    return save_contact(tenant_id=tenant.id, email=email, values=values, actor=SYSTEM)


def test_a_contact_is_added_then_changed(tenant: Tenant) -> None:
    field(tenant)
    field(tenant, "city", Kind.TEXT)
    first = save(tenant, "Ann@Gmail.test", points="1,000", city="Oslo")
    again = save(tenant, "ann@gmail.test", city="")
    assert (first.pk, first.email, first.attrs) == (
        again.pk,
        "Ann@gmail.test",
        {"points": 1000, "city": "Oslo"},
    )
    assert again.attrs == {"points": 1000}
    with tenant_scope(tenant.id):
        verbs = list(
            AuditEvent.objects.filter(object_type="contact").order_by("id").values_list("verb", flat=True)
        )
    assert verbs == ["created", "changed"]


@pytest.mark.parametrize(
    ("email", "values", "code"),
    [
        ("nobody", {}, "bad_address"),
        ("ann@gmail.test", {"shoes": "40"}, "unknown_field"),
        ("ann@gmail.test", {"points": "many"}, "bad_number"),
    ],
)
def test_a_bad_contact_is_not_kept(tenant: Tenant, email: str, values: dict[str, str], code: str) -> None:
    field(tenant)
    with pytest.raises(BadContact) as refused:
        save(tenant, email, **values)
    assert refused.value.code == code
    with tenant_scope(tenant.id):
        assert not Contact.objects.exists()


@pytest.mark.parametrize("key", ["", "email", "size", "1st", "a-b", "Größe", "x" * 61])
def test_a_field_has_a_key_that_templates_can_say(tenant: Tenant, key: str) -> None:
    with pytest.raises(BadName):
        field(tenant, key)


def test_a_key_is_taken_once(tenant: Tenant) -> None:
    field(tenant)
    with pytest.raises(BadName):
        field(tenant)


def test_a_list_is_made_once_and_renamed_to_a_free_name(tenant: Tenant, mailing_list: ContactList) -> None:
    assert create_list(tenant_id=tenant.id, name="  News ", actor=SYSTEM).pk == mailing_list.pk
    other = create_list(tenant_id=tenant.id, name="Other", actor=SYSTEM)
    for name in ("", "News"):
        with pytest.raises(BadName):
            rename_list(tenant_id=tenant.id, mailing_list_id=other.pk, name=name, actor=SYSTEM)
    renamed = rename_list(tenant_id=tenant.id, mailing_list_id=other.pk, name="Offers", actor=SYSTEM)
    assert find_list(tenant_id=tenant.id, name="Offers").pk == renamed.pk


def test_a_list_needs_a_name(tenant: Tenant) -> None:
    with pytest.raises(BadName):
        create_list(tenant_id=tenant.id, name=" ", actor=SYSTEM)


def test_who_left_is_not_put_back_on_the_list(tenant: Tenant, mailing_list: ContactList) -> None:
    contact = save(tenant, "ann@gmail.test")
    key = {"tenant_id": tenant.id, "mailing_list_id": mailing_list.pk, "contact_id": contact.pk}
    assert subscribe(**key, source="page")
    with tenant_scope(tenant.id):
        Subscription.objects.update(state="unsubscribed")
    assert not subscribe(**key, source="page")
    with tenant_scope(tenant.id):
        assert Subscription.objects.get().state == "unsubscribed"
    assert sample_contacts(tenant_id=tenant.id, mailing_list_id=mailing_list.pk) == ()


def test_the_sample_holds_who_is_on_the_list(tenant: Tenant, mailing_list: ContactList, load: Load) -> None:
    load(PEOPLE)
    people = sample_contacts(tenant_id=tenant.id, mailing_list_id=mailing_list.pk)
    assert [person.email for person in people] == ["ann@gmail.test", "bob@gmail.test"]


def test_a_foreign_list_is_renamed_by_nobody(other_tenant: Tenant, mailing_list: ContactList) -> None:
    with pytest.raises(ListGone):
        rename_list(tenant_id=other_tenant.id, mailing_list_id=mailing_list.pk, name="Mine", actor=SYSTEM)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"name": " "}, "name_empty"),
        ({"from_address": "nobody"}, "bad_sender"),
        ({"reply_to": "nobody"}, "bad_reply_to"),
        ({"html_source": "a\x00b"}, "nul_character"),
    ],
)
def test_a_draft_that_cannot_be_kept_is_refused(write: Write, changes: dict[str, str], code: str) -> None:
    with pytest.raises(BadDraft) as refused:
        write(**changes)
    assert refused.value.code == code


def test_headers_of_a_draft_are_one_line_each(write: Write) -> None:
    campaign = write(subject="Hello\r\nBcc: v@e.example", from_name=" A\tB ", html_source="a\r\nb")
    assert (campaign.subject, campaign.from_name, campaign.html_source) == (
        "Hello Bcc: v@e.example",
        "A B",
        "a\nb",
    )


def test_a_draft_names_a_list_of_its_own_tenant(other_tenant: Tenant, mailing_list: ContactList) -> None:
    draft = CampaignDraft(
        name="n", mailing_list_id=mailing_list.pk, from_address="a@b.test", subject="s", html_source="h"
    )
    with pytest.raises(ListGone):
        create_campaign(tenant_id=other_tenant.id, draft=draft, actor=SYSTEM)
