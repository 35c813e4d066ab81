"""Contacts, fields, lists and suppressions by API: the dashboard's rules, one by one and in bulk."""

from urllib.parse import quote

import pytest

from accounts.models import AuditEvent, Tenant
from accounts.tenancy import tenant_scope
from campaigns.models import Contact, Subscription, Suppression
from relay_saas.web.prefixed import public_id
from tests.api_client import Api, api_of

SCOPES = (
    "contacts.read", "contacts.write", "lists.read", "lists.write", "suppressions.read", "suppressions.write",
)  # fmt: skip


@pytest.fixture
def api(tenant: Tenant) -> Api:
    return api_of(tenant.pk, *SCOPES)


@pytest.fixture
def theirs(other_tenant: Tenant) -> Api:
    return api_of(other_tenant.pk, *SCOPES)


def made(api: Api, path: str, **body: object) -> str:
    answer = api("POST", path, body)
    assert answer.status == 201, answer
    assert answer.headers["Location"] == f"/api/v1/{path}/{answer.json['id']}"
    return str(answer.json["id"])


def test_a_contact_is_made_read_changed_and_deleted(api: Api, tenant: Tenant) -> None:
    made(api, "fields", key="city", label="City")
    made(api, "fields", key="age", label="Age", kind="number")
    news = made(api, "lists", name="News")
    contact = made(
        api, "contacts", email="Hanako@Example.jp", fields={"city": "東京", "age": 30}, lists=[news]
    )
    found = api("GET", f"contacts/{contact}")
    assert found.json["fields"] == {"city": "東京", "age": 30}
    assert [place["list"] for place in found.json["subscriptions"]] == [news]
    assert api("GET", f"contacts/{quote('HANAKO@example.jp')}").json["id"] == contact
    changed = api("PATCH", f"contacts/{contact}", {"fields": {"age": None, "city": "大阪"}})
    assert changed.json["fields"] == {"city": "大阪"}
    assert api("DELETE", f"contacts/{contact}").status == 204
    assert api("GET", f"contacts/{contact}").status == 404
    with tenant_scope(tenant.pk):
        trail = list(AuditEvent.objects.filter(object_type="contact").values_list("verb", "actor"))
    assert trail == [("created", "key:shop"), ("changed", "key:shop"), ("deleted", "key:shop")]


def test_what_is_wrong_with_a_contact_has_a_code(api: Api) -> None:
    made(api, "fields", key="age", label="Age", kind="number")
    made(api, "contacts", email="a@example.jp")
    cases = {
        "contact_exists": {"email": "A@example.jp"},
        "bad_address": {"email": "nobody"},
        "unknown_field": {"email": "b@example.jp", "fields": {"city": "x"}},
        "bad_number": {"email": "b@example.jp", "fields": {"age": "old"}},
        "unknown_id": {"email": "b@example.jp", "lists": [public_id("lst", 1 << 40)]},
        "invalid": {"email": "b@example.jp", "name": "misspelt"},
    }
    for code, body in cases.items():
        assert api("POST", "contacts", body).code == code
    assert len(api("GET", "contacts").json["data"]) == 1


def test_a_write_over_an_unseen_change_is_refused(api: Api) -> None:
    made(api, "fields", key="city", label="City")
    contact = made(api, "contacts", email="a@example.jp")
    etag = api("GET", f"contacts/{contact}").headers["ETag"]
    same = api("GET", f"contacts/{contact}", headers={"If-None-Match": etag})
    assert (same.status, same.body) == (304, b"")
    first = api("PATCH", f"contacts/{contact}", {"fields": {"city": "x"}}, headers={"If-Match": etag})
    assert first.status == 200
    second = api("PATCH", f"contacts/{contact}", {"fields": {"city": "y"}}, headers={"If-Match": etag})
    assert (second.status, second.code) == (412, "changed_meanwhile")
    assert api("DELETE", f"contacts/{contact}", headers={"If-Match": etag}).status == 412
    now = first.headers["ETag"]
    assert api("DELETE", f"contacts/{contact}", headers={"If-Match": now}).status == 204


def test_many_are_saved_at_once_each_on_its_own(api: Api, tenant: Tenant) -> None:
    made(api, "fields", key="age", label="Age", kind="number")
    news = made(api, "lists", name="News")
    made(api, "contacts", email="there@example.jp", fields={"age": 1})
    gone = made(api, "contacts", email="left@example.jp", lists=[news])
    left = {"state": "unsubscribed", "reason": "asked on the phone"}
    assert api("PUT", f"contacts/{gone}/subscriptions/{news}", left).status == 200
    body = {
        "list": news,
        "contacts": [
            {"email": "new@example.jp", "fields": {"age": 2}},
            {"email": "there@example.jp", "fields": {"age": 3}},
            {"email": "left@example.jp"},
            {"email": "nobody"},
            {"email": "b@example.jp", "fields": {"age": "old"}},
            {"email": "NEW@example.jp", "fields": {"age": 4}},
        ],
    }
    results = api("POST", "contacts/batch", body).json["results"]
    assert [(one["status"], one["code"]) for one in results] == [
        ("created", None),
        ("changed", None),
        ("unchanged", None),
        ("refused", "bad_address"),
        ("refused", "bad_number"),
        ("created", None),
    ]
    assert results[0]["id"] == results[5]["id"]
    with tenant_scope(tenant.pk):
        assert Contact.objects.get(email_key="new@example.jp").attrs == {"age": 4}
        states = dict(Subscription.objects.values_list("contact__email_key", "state"))
    assert states == {
        "new@example.jp": "subscribed",
        "there@example.jp": "subscribed",
        "left@example.jp": "unsubscribed",
    }
    again = api("POST", "contacts/batch", body).json["results"]
    assert [one["status"] for one in again] == ["unchanged"] * 3 + ["refused"] * 2 + ["unchanged"]


def test_a_thousand_cost_a_handful_of_queries(api: Api, django_assert_max_num_queries: object) -> None:
    made(api, "fields", key="city", label="City")
    people = [{"email": f"p{number}@example.jp", "fields": {"city": str(number)}} for number in range(1000)]
    with django_assert_max_num_queries(30):  # type: ignore[operator]  # a fixture
        answer = api("POST", "contacts/batch", {"contacts": people})
    assert {one["status"] for one in answer.json["results"]} == {"created"}
    assert api("POST", "contacts/batch", {"contacts": [*people, people[0]]}).code == "invalid"


def test_lists_of_contacts_are_filtered_and_paged(api: Api) -> None:
    news = made(api, "lists", name="News")
    ids = [made(api, "contacts", email=f"p{number}@example.jp", lists=[news]) for number in range(3)]
    made(api, "contacts", email="other@example.jp")
    api("POST", "suppressions", {"emails": ["p1@example.jp"], "reason": "asked"})
    page = api("GET", f"contacts?list={news}&limit=2").json
    assert [one["id"] for one in page["data"]] == ids[:0:-1]
    rest = api("GET", f"contacts?list={news}&limit=2&after={page['next']}").json
    assert ([one["id"] for one in rest["data"]], rest["next"]) == (ids[:1], None)
    assert [one["id"] for one in api("GET", "contacts?state=suppressed").json["data"]] == [ids[1]]
    assert [one["id"] for one in api("GET", "contacts?email=P2@example.jp").json["data"]] == [ids[2]]
    assert api("GET", f"contacts?list={public_id('lst', 1 << 40)}").json["data"] == []
    assert api("GET", "contacts?after=x").code == "bad_cursor"
    for query in (
        "state=dead",
        "list=nonsense",
        "ordering=email",
        "limit=0",
        "state=subscribed&state=subscribed",
    ):
        assert api("GET", f"contacts?{query}").status == 400


def test_a_list_takes_contacts_all_or_none(api: Api, theirs: Api) -> None:
    news = made(api, "lists", name="News")
    own, foreign = made(api, "contacts", email="a@example.jp"), made(theirs, "contacts", email="a@example.jp")
    refused = api("POST", f"lists/{news}/contacts", {"contacts": [own, foreign]})
    unknown = api("POST", f"lists/{news}/contacts", {"contacts": [own, public_id("con", 1 << 40)]})
    made_up = api("POST", f"lists/{news}/contacts", {"contacts": [own, "con_nonsense"]})
    for answer in (refused, unknown, made_up):
        assert (answer.status, answer.code) == (422, "unknown_id")
        assert [one["pointer"] for one in answer.json["errors"]] == ["/contacts/1"]
    assert api("POST", f"lists/{public_id('lst', 1 << 40)}/contacts", {"contacts": [own]}).status == 404
    assert api("GET", f"lists/{news}").json["subscribed"] == 0
    assert api("POST", f"lists/{news}/contacts", {"contacts": [own, own]}).json == {"added": 1, "there": 0}
    assert api("POST", f"lists/{news}/contacts", {"contacts": [own]}).json == {"added": 0, "there": 1}
    assert api("GET", f"lists/{news}").json["subscribed"] == 1


def test_a_list_is_renamed_archived_and_deleted(api: Api) -> None:
    news = made(api, "lists", name="News")
    made(api, "lists", name="Other")
    assert api("PATCH", f"lists/{news}", {"name": "Other"}).code == "bad_name"
    both = api("PATCH", f"lists/{news}", {"name": "Old news", "archived": True})
    assert both.json["archived_at"] is not None
    assert [one["name"] for one in api("GET", "lists").json["data"]] == ["Other"]
    assert [one["name"] for one in api("GET", "lists?archived=true").json["data"]] == ["Old news"]
    made(api, "contacts", email="a@example.jp", lists=[news])
    assert api("DELETE", f"lists/{news}").code == "list_in_use"
    empty = made(api, "lists", name="Empty")
    assert api("DELETE", f"lists/{empty}").status == 204


def test_a_field_is_changed_and_deleted(api: Api) -> None:
    city = made(api, "fields", key="city", label="City")
    assert api("POST", "fields", {"key": "email", "label": "x"}).code == "bad_name"
    changed = api("PATCH", f"fields/{city}", {"default": "there"})
    assert (changed.json["label"], changed.json["default"]) == ("City", "there")
    assert api("PATCH", f"fields/{city}", {"label": "Town"}).json["default"] == "there"
    assert api("DELETE", f"fields/{city}").status == 204
    assert api("GET", "fields").json == {"data": [], "next": None}


def test_suppressions_are_added_in_bulk_and_removed_with_a_reason(api: Api, tenant: Tenant) -> None:
    body = {"emails": ["a@example.jp", "nobody", "A@example.jp", " "], "scope": "all", "reason": "letter"}
    answer = api("POST", "suppressions", body).json
    assert (answer["added"], answer["there"]) == (1, 0)
    assert [one["index"] for one in answer["refused"]] == [1, 3]
    assert api("POST", "suppressions", {"emails": ["a@example.jp"], "scope": "all", "reason": "x"}).json == {
        "added": 0,
        "there": 1,
        "refused": [],
    }
    [row] = api("GET", "suppressions?email=a@example.jp&scope=all&reason=manual").json["data"]
    assert (row["detail"], row["email"]) == ("letter", "a@example.jp")
    assert api("DELETE", f"suppressions/{row['id']}").code == "bad_parameter"
    assert api("DELETE", f"suppressions/{row['id']}?reason={quote('asked again')}").status == 204
    with tenant_scope(tenant.pk):
        assert not Suppression.objects.exists()
        last = AuditEvent.objects.order_by("-pk")[0]
    assert (last.verb, last.actor, last.changes["reason"]) == ("removed", "key:shop", "asked again")


def test_a_place_on_a_list_needs_a_reason(api: Api) -> None:
    news, contact = made(api, "lists", name="News"), made(api, "contacts", email="a@example.jp")
    path = f"contacts/{contact}/subscriptions/{news}"
    assert api("PUT", path, {"state": "subscribed", "reason": " "}).code == "reason_missing"
    assert api("PUT", path, {"state": "subscribed"}).code == "invalid"
    [place] = api("PUT", path, {"state": "subscribed", "reason": "form"}).json["data"]
    assert (place["state"], place["reason"]) == ("subscribed", "form")
    assert api("GET", f"contacts/{contact}/subscriptions").json["data"] == [place]
    nowhere = f"contacts/{contact}/subscriptions/{public_id('lst', 1 << 40)}"
    assert api("PUT", nowhere, {"state": "subscribed", "reason": "x"}).status == 404
