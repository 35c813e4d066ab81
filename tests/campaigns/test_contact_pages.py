"""The pages of contacts: find, add, edit, lists by hand, delete; every address case at the form."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.audit import SYSTEM
from accounts.models import AuditEvent, Role, Tenant
from accounts.tenancy import tenant_scope
from campaigns.models import Contact, ContactField, ContactList, Subscription, Suppression
from campaigns.selectors import contacts as selector
from campaigns.selectors.contacts import Wanted, contact_page, full_name
from campaigns.services.contacts import save_contact
from campaigns.services.fields import create_field
from campaigns.services.import_rows import read_address
from campaigns.services.lists import subscribe
from campaigns.services.suppression import suppress, unsubscribe
from relay_saas.mail.addresses import BadAddress
from tests.campaigns.test_views import person
from tests.cases.loader import load as cases
from tests.cases.loader import to_bytes
from tests.statements import at_most

Kind = ContactField.Kind
ADDRESSES = [
    # A form is UTF-8: what is not, reaches it with U+FFFD in its place.
    (case["id"], data.decode("utf-8", "replace"), case["expect"])
    for _, case in cases("addresses")
    if (data := to_bytes(case["input"])) is not None
]
PEOPLE = (
    ("taro.yamada@gmail.test", "山田", "太郎"),
    ("hanako@docomo.test", "佐藤", "花子"),
    ("Ann.Lee@gmail.test", "Lee", "Ann"),
)


@pytest.fixture
def marketer(tenant: Tenant) -> Client:
    client = person(tenant, "alice", Role.MARKETER)
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    return client


@pytest.fixture
def people(tenant: Tenant, mailing_list: ContactList) -> dict[str, Contact]:
    """Three people by the beginning of their address; Taro is on the list."""
    for key in ("last_name", "first_name"):
        create_field(tenant_id=tenant.id, key=key, label="", kind=Kind.TEXT, actor=SYSTEM)
    made = {}
    for email, last, first in PEOPLE:
        values = {"last_name": last, "first_name": first}
        contact = save_contact(tenant_id=tenant.id, email=email, values=values, actor=SYSTEM)
        made[email.split("@")[0].split(".")[0].lower()] = contact
    subscribe(
        tenant_id=tenant.id, mailing_list_id=mailing_list.pk, contact_id=made["taro"].pk, source="import:1"
    )
    return made


def url(name: str, *ids: object) -> str:
    return reverse(f"campaigns:{name}", args=["acme", *ids])


def found(tenant: Tenant, **wanted: Any) -> list[str]:
    with tenant_scope(tenant.id):
        page = contact_page(tenant_id=tenant.id, wanted=Wanted(**wanted), cursor=None).page
    return [row.contact.email for row in page.items]


@pytest.mark.parametrize(
    ("text", "emails"),
    [
        ("taro", ["taro.yamada@gmail.test"]),
        ("TARO.YAMADA@GMAIL.TEST", ["taro.yamada@gmail.test"]),
        ("ann.", ["Ann.Lee@gmail.test"]),
        ("Ann L", ["Ann.Lee@gmail.test"]),
        ("lee", ["Ann.Lee@gmail.test"]),
        ("佐", ["hanako@docomo.test"]),
        ("山田　太郎", ["taro.yamada@gmail.test"]),
        ("太郎", ["taro.yamada@gmail.test"]),
        ("ｈａｎａｋｏ", ["hanako@docomo.test"]),
        ("gmail", []),
        ("%", []),
    ],
)
def test_a_beginning_of_an_address_or_a_name_finds_people(
    tenant: Tenant, people: dict[str, Contact], text: str, emails: list[str]
) -> None:
    assert found(tenant, text=text) == emails


def test_lists_and_states_filter(
    tenant: Tenant, people: dict[str, Contact], mailing_list: ContactList
) -> None:
    suppress(
        tenant_id=tenant.id,
        email_key="hanako@docomo.test",
        scope=Suppression.Scope.ALL,
        reason=Suppression.Reason.MANUAL,
    )
    on_list = {"mailing_list_id": mailing_list.pk}
    assert found(tenant, **on_list) == found(tenant, state="subscribed") == ["taro.yamada@gmail.test"]
    assert found(tenant, state="suppressed") == ["hanako@docomo.test"]
    assert found(tenant, text="taro", **on_list) == ["taro.yamada@gmail.test"]
    assert found(tenant, text="ann", **on_list) == []
    unsubscribe(
        tenant_id=tenant.id,
        email_key="taro.yamada@gmail.test",
        contact_id=people["taro"].pk,
        mailing_list_id=mailing_list.pk,
        source="one_click",
    )
    assert found(tenant, state="subscribed", **on_list) == []
    assert found(tenant, state="unsubscribed") == found(tenant, state="unsubscribed", **on_list)
    assert found(tenant, state="unsubscribed") == ["taro.yamada@gmail.test"]


def test_pages_of_people_follow_each_other(
    tenant: Tenant, people: dict[str, Contact], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selector, "PAGE_SIZE", 2)
    with tenant_scope(tenant.id):
        first = contact_page(tenant_id=tenant.id, wanted=Wanted(), cursor=None).page
        second = contact_page(tenant_id=tenant.id, wanted=Wanted(), cursor=first.next_cursor).page
    shown = [row.contact.email for row in (*first.items, *second.items)]
    assert shown == [email for email, _last, _first in reversed(PEOPLE)]


def test_names_stand_as_they_are_written_where_they_come_from(people: dict[str, Contact]) -> None:
    assert (full_name(people["taro"]), full_name(people["ann"])) == ("山田 太郎", "Ann Lee")


def test_the_list_counts_without_counting(marketer: Client, people: dict[str, Contact]) -> None:
    with at_most(20):
        page = marketer.get(url("contacts")).content.decode()
    assert "3 contacts in all." in page
    assert "山田 太郎" in page
    assert "No contact fits" in marketer.get(url("contacts"), {"q": "nobody"}).content.decode()
    assert "No contact fits" not in marketer.get(url("contacts"), {"list": "999"}).content.decode()


def test_an_empty_organization_is_told_what_to_do(marketer: Client) -> None:
    assert "No contacts yet" in marketer.get(url("contacts")).content.decode()


@pytest.mark.parametrize(("case", "text", "expect"), ADDRESSES, ids=[case for case, *_ in ADDRESSES])
def test_the_form_decides_an_address_as_an_import_does(
    marketer: Client, tenant: Tenant, case: str, text: str, expect: str
) -> None:
    try:
        wanted = str(read_address(text))
    except BadAddress:
        wanted = ""
    assert expect not in {"accept", "reject"} or bool(wanted) == (expect == "accept")
    answer = marketer.post(url("contact_add"), {"email": text})
    assert answer.status_code == (302 if wanted else 422)
    with tenant_scope(tenant.id):
        assert list(Contact.objects.values_list("email", flat=True)) == ([wanted] if wanted else [])


def test_a_refused_contact_keeps_what_was_typed(marketer: Client, tenant: Tenant) -> None:
    create_field(tenant_id=tenant.id, key="points", label="Points", kind=Kind.NUMBER, actor=SYSTEM)
    answer = marketer.post(url("contact_add"), {"email": "ann@gmail.test", "field_points": "many"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "The value of Points is not a number." in page
    assert 'value="ann@gmail.test"' in page
    assert 'value="many"' in page


def test_who_is_there_already_is_shown(marketer: Client, people: dict[str, Contact]) -> None:
    page = marketer.post(url("contact_add"), {"email": "HANAKO@docomo.test"}).content.decode()
    assert url("contact", people["hanako"].pk) in page


def test_a_new_contact_joins_the_lists_that_were_ticked(
    marketer: Client, tenant: Tenant, mailing_list: ContactList
) -> None:
    marketer.post(url("contact_add"), {"email": "new@gmail.test", "lists": [mailing_list.pk]})
    with tenant_scope(tenant.id):
        place = Subscription.objects.get()
    assert (place.state, place.source) == ("subscribed", "person:alice@acme.test")


def test_fields_are_edited_and_others_stay(marketer: Client, people: dict[str, Contact]) -> None:
    ann = people["ann"]
    values = {"field_first_name": "Anna", "field_last_name": ""}
    assert marketer.post(url("contact_edit", ann.pk), values).status_code == 302
    with tenant_scope(ann.tenant_id):
        assert Contact.objects.get(pk=ann.pk).attrs == {"first_name": "Anna"}
        changes = AuditEvent.objects.filter(object_type="contact").latest("id").changes
    assert changes == {"fields": ["first_name", "last_name"]}


def test_a_place_on_a_list_changes_with_a_reason(
    marketer: Client, people: dict[str, Contact], mailing_list: ContactList
) -> None:
    taro = people["taro"]
    leave = {"list": mailing_list.pk, "state": "unsubscribed"}
    assert marketer.post(url("contact_place", taro.pk), leave).status_code == 422
    assert marketer.post(url("contact_place", taro.pk), leave | {"reason": "by phone"}).status_code == 302
    with tenant_scope(taro.tenant_id):
        place = Subscription.objects.get()
        assert (place.state, place.reason) == ("unsubscribed", "by phone")
        assert AuditEvent.objects.filter(verb="unsubscribed").latest("id").changes["reason"] == "by phone"
    assert "by phone" in marketer.get(url("contact", taro.pk)).content.decode()


def test_who_is_deleted_after_leaving_is_not_brought_back_by_a_file(
    marketer: Client, tenant: Tenant, people: dict[str, Contact], mailing_list: ContactList, load: Any
) -> None:
    taro = people["taro"]
    unsubscribe(
        tenant_id=tenant.id,
        email_key=taro.email_key,
        contact_id=taro.pk,
        mailing_list_id=mailing_list.pk,
        source="one_click",
    )
    assert "that they unsubscribed" in marketer.get(url("contact_delete", taro.pk)).content.decode()
    assert marketer.post(url("contact_delete", taro.pk)).status_code == 302
    with tenant_scope(tenant.id):
        assert not Contact.objects.filter(pk=taro.pk).exists()
    assert load("email\ntaro.yamada@gmail.test\n").counts["suppressed"] == 1


def test_an_analyst_sees_and_does_not_touch(tenant: Tenant, people: dict[str, Contact]) -> None:
    analyst = person(tenant, "ann", Role.ANALYST)
    page = analyst.get(url("contact", people["ann"].pk)).content.decode()
    assert url("contact_delete", people["ann"].pk) not in page
    assert analyst.post(url("contact_delete", people["ann"].pk)).status_code == 403
