"""The organization's settings and its audit log by API."""

from urllib.parse import urlencode

import pytest
from django.utils import timezone

from accounts import audit
from accounts.audit import SYSTEM
from accounts.models import Role, Tenant, User
from accounts.permissions import may_issue
from accounts.services.api_keys import issue_key
from accounts.services.tenants import add_member, create_tenant
from accounts.tenancy import tenant_scope
from relay_saas.web.prefixed import public_id
from tests.api_client import Api, api_of


@pytest.fixture
def tenant(db: None) -> Tenant:
    return create_tenant(slug="acme", name="Acme", actor=SYSTEM)


@pytest.fixture
def api(tenant: Tenant) -> Api:
    return api_of(tenant.pk, "organization.read", "organization.write", "audit.read")


def test_what_is_not_named_stays(api: Api) -> None:
    changed = api("PATCH", "organization", {"legal_name": "Acme GK", "undo_seconds": 30})
    assert (changed.status, changed.json["legal_name"], changed.json["undo_seconds"]) == (200, "Acme GK", 30)
    assert api("GET", "organization").json == changed.json
    assert changed.json["name"] == "Acme"


@pytest.mark.parametrize(
    "body",
    [
        {"name": ""},
        {"name": "Acme\nBcc: x"},
        {"locale": "tlh"},
        {"time_zone": "Mars/Olympus"},
        {"undo_seconds": 7},
        {"undo_seconds": "15"},
        {"slug": "other"},
    ],
)
def test_what_an_organization_cannot_be_is_refused_with_its_place(api: Api, body: dict[str, object]) -> None:
    before = api("GET", "organization").json
    refused = api("PATCH", "organization", body)
    assert refused.status == (422 if body == {"name": "Acme\nBcc: x"} else 400)
    assert [one["pointer"] for one in refused.json["errors"]] == [f"/{name}" for name in body]
    assert api("GET", "organization").json == before


def test_the_audit_log_names_the_key_and_what_differs(api: Api, tenant: Tenant) -> None:
    began = timezone.now().isoformat()
    api("PATCH", "organization", {"name": "Acme Japan"})
    (line,) = api("GET", f"audit-log?{urlencode({'verb': 'changed', 'since': began})}").json["data"]
    assert line["actor"].startswith("key:")
    assert line["changes"] == {"name": ["Acme", "Acme Japan"]}
    assert api("GET", f"audit-log?{urlencode({'verb': 'changed', 'before': began})}").json["data"] == []


def test_the_audit_log_of_one_member_holds_their_deeds_alone(api: Api, tenant: Tenant) -> None:
    user = User.objects.create_user("owner@people.test")
    member = add_member(tenant_id=tenant.pk, user=user, role=Role.OWNER, actor=SYSTEM)
    for number in (member.pk, 1 << 40):
        found = api("GET", f"audit-log?member={public_id('mem', number)}")
        assert (found.status, found.json["data"]) == (200, [])
    assert api("GET", "audit-log").json["data"]


def test_the_audit_log_names_things_by_their_public_ids(api: Api, tenant: Tenant) -> None:
    key, _secret = issue_key(tenant_id=tenant.pk, name="CI", scopes=["events.read"], actor=SYSTEM)
    issued = api("GET", "audit-log?verb=issued").json["data"][0]
    assert (issued["object_type"], issued["object_id"]) == ("apikey", public_id("key", key.pk))
    with tenant_scope(tenant.pk):
        audit.record(
            tenant_id=tenant.pk,
            actor=SYSTEM,
            verb="imported",
            subject=tenant,
            changes={"list": 17, "file": "a.csv"},
        )
    newest = api("GET", "audit-log").json["data"][0]
    assert newest["changes"] == {"list": public_id("lst", 17), "file": "a.csv"}
    assert newest["object_id"] == str(tenant.pk)


def test_who_may_not_change_the_settings_makes_no_key_that_does() -> None:
    assert not may_issue(Role.DEVELOPER, ["organization.write"])
    assert not may_issue(Role.DEVELOPER, ["audit.read"])
    assert may_issue(Role.DEVELOPER, ["organization.read"])
    assert may_issue(Role.ADMIN, ["organization.write", "audit.read"])
