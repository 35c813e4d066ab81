"""Domains, senders, keys, credentials, members and jobs by API: no key grows beyond itself."""

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import Settings

from accounts.audit import SYSTEM
from accounts.audit_words import change_words
from accounts.jobs import result_path
from accounts.models import ApiKey, AuditEvent, Job, Role, SendingDomain, Tenant, User
from accounts.services.api_keys import issue_key
from accounts.services.key_limits import KeyLimits
from accounts.services.smtp_credentials import authenticate
from accounts.services.tenants import add_member, create_tenant
from accounts.tenancy import tenant_scope
from relay_saas.web.prefixed import public_id
from tests.api_client import Api, api_of

SCOPES = (
    "domains.read", "domains.write", "keys.read", "keys.write", "credentials.read", "credentials.write",
    "members.read", "members.write", "exports.read", "exports.write",
)  # fmt: skip


@pytest.fixture(autouse=True)
def _no_zone_server(settings: Settings) -> None:
    settings.RELAY_ZONE_SERVER = ""


@pytest.fixture
def tenant(db: None) -> Tenant:
    return create_tenant(slug="acme", name="Acme", actor=SYSTEM)


@pytest.fixture
def api(tenant: Tenant) -> Api:
    return api_of(tenant.pk, *SCOPES)


@pytest.fixture
def owner(tenant: Tenant) -> User:
    user = User.objects.create_user("owner@people.test")
    add_member(tenant_id=tenant.pk, user=user, role=Role.OWNER, actor=SYSTEM)
    return user


def verified(tenant: Tenant) -> None:
    with tenant_scope(tenant.pk):
        SendingDomain.objects.update(state=SendingDomain.State.VERIFIED, verified_at=timezone.now())


def test_a_domain_tells_its_records_and_becomes_a_streams_own(api: Api, tenant: Tenant) -> None:
    made = api("POST", "domains", {"name": "News.Example.com"})
    assert (made.status, made.json["name"], made.json["state"]) == (201, "news.example.com", "pending")
    assert {record["ok"] for record in made.json["records"]} == {None}
    assert "CNAME" in {record["type"] for record in made.json["records"]}
    assert api("POST", "domains", {"name": "news.example.com"}).json["id"] == made.json["id"]
    assert api("POST", "domains", {"name": "no domain"}).code == "bad_domain"
    path = f"domains/{made.json['id']}"
    assert api("PATCH", path, {"stream": "marketing"}).json["stream"] == "marketing"
    assert api("PATCH", path, {}).json["stream"] == "marketing"
    assert api("PATCH", path, {"stream": None}).json["stream"] is None
    assert api("PATCH", path, {"stream": "system"}).code == "invalid"
    assert api("POST", f"{path}/verify").status == 202
    assert [one["id"] for one in api("GET", "domains?state=pending").json["data"]] == [made.json["id"]]
    assert api("DELETE", path).status == 204
    assert api("GET", path).status == 404


def test_a_sender_lives_below_a_verified_domain(api: Api, tenant: Tenant) -> None:
    api("POST", "domains", {"name": "news.example.com"})
    body = {"name": "Acme", "address": "shop@news.example.com"}
    assert api("POST", "senders", body).code == "domain_not_verified"
    assert api("POST", "senders", {"address": "shop@elsewhere.example"}).code == "domain_unknown"
    verified(tenant)
    made = api("POST", "senders", body)
    assert (made.status, made.json["is_default"]) == (201, True)
    path = f"senders/{made.json['id']}"
    changed = api("PATCH", path, {"reply_to": "help@example.com"})
    assert (changed.json["name"], changed.json["reply_to"]) == ("Acme", "help@example.com")
    assert api("PATCH", path, {"name": "x"}, headers={"If-Match": made.headers["ETag"]}).status == 412
    assert api("DELETE", path).status == 204


def test_a_key_is_shown_once_replaced_and_revoked(api: Api, tenant: Tenant) -> None:
    made = api("POST", "keys", {"name": "shop", "scopes": ["keys.read", "keys.read"]})
    assert made.code == "key_name_taken"
    made = api("POST", "keys", {"name": "other", "scopes": ["keys.read", "keys.read"]})
    assert (made.status, made.json["scopes"]) == (201, ["keys.read"])
    assert made.headers["Cache-Control"] == "no-store"
    other = Api(secret=made.json["secret"])
    shown = other("GET", f"keys/{made.json['id']}")
    assert "secret" not in shown.json
    assert made.json["secret"] not in str(other("GET", "keys").json)
    replaced = api("POST", f"keys/{made.json['id']}/rotate")
    assert Api(secret=replaced.json["secret"])("GET", "keys").status == 200
    assert api("DELETE", f"keys/{made.json['id']}").status == 204
    assert other("GET", "keys").status == 401
    assert api("POST", f"keys/{made.json['id']}/rotate").code == "key_ended"


@pytest.mark.parametrize(
    "wanted",
    [
        {"scopes": ["messages.send"]},
        {"domains": []},
        {"domains": ["news.example.com", "other.example.com"]},
        {"networks": []},
        {"networks": ["0.0.0.0/0"]},
        {"rate": None},
        {"rate": 100},
        {"expires_at": None},
        {"expires_at": "2999-01-01T00:00:00Z"},
    ],
)
def test_no_key_makes_one_that_may_do_more(tenant: Tenant, wanted: dict[str, object]) -> None:
    with tenant_scope(tenant.pk):
        for name in ("news.example.com", "other.example.com"):
            SendingDomain.objects.create(tenant_id=tenant.pk, name=name, label=name[:5])
    limits = KeyLimits(
        domains=["news.example.com"],
        networks=["127.0.0.0/8"],
        rate=50,
        test=bool(wanted.pop("beyond", False)),
    )
    end = timezone.now() + timedelta(days=30)
    _key, secret = issue_key(
        tenant_id=tenant.pk, name="small", scopes=SCOPES, actor=SYSTEM, limits=limits, expires_at=end
    )
    within = {
        "name": "new",
        "scopes": ["keys.read"],
        "domains": ["news.example.com"],
        "networks": ["127.0.0.0/8"],
        "rate": 10,
        "expires_at": (end - timedelta(days=1)).isoformat(),
    }
    api = Api(secret=secret)
    refused = api("POST", "keys", within | wanted)
    assert (refused.status, refused.code) == (403, "key_beyond_own")
    assert api("POST", "keys", within).status == 201


def test_a_key_that_may_do_more_is_not_replaced_by_a_smaller_one(api: Api, tenant: Tenant) -> None:
    big, _secret = issue_key(tenant_id=tenant.pk, name="big", scopes=["messages.send"], actor=SYSTEM)
    assert api("POST", f"keys/{public_id('key', big.pk)}/rotate").code == "key_beyond_own"
    with tenant_scope(tenant.pk):
        assert ApiKey.objects.filter(name="big").count() == 1


def test_a_credentials_password_is_shown_once(api: Api) -> None:
    made = api("POST", "credentials", {"name": "Outlook", "rate_per_minute": 60.0})
    assert (made.status, made.json["stream"], made.json["rate_per_minute"]) == (201, "transactional", 60)
    assert made.json["password"].startswith("rly_smtp_")
    path = f"credentials/{made.json['id']}"
    assert "password" not in api("GET", path).json
    assert api("POST", "credentials", {"name": "x", "networks": ["everywhere"]}).code == "bad_credential"
    assert api("POST", "credentials", {"name": "x", "stream": "system"}).code == "invalid"
    assert api("DELETE", path).status == 204
    assert api("GET", "credentials?revoked=false").json["data"] == []
    assert len(api("GET", "credentials?revoked=true").json["data"]) == 1


def test_a_credential_is_changed_and_its_secret_stays(api: Api, tenant: Tenant) -> None:
    made = api("POST", "credentials", {"name": "Outlook", "rate_per_minute": 60, "networks": ["10.0.0.0/8"]})
    path = f"credentials/{made.json['id']}"
    changed = api("PATCH", path, {"daily_limit": 2000, "rate_per_minute": None, "track_opens": True})
    assert (changed.json["daily_limit"], changed.json["rate_per_minute"]) == (2000, None)
    assert (changed.json["networks"], changed.json["username"]) == (["10.0.0.0/8"], made.json["username"])
    assert "password" not in changed.json
    assert api("PATCH", path, {"networks": ["everywhere"]}).code == "bad_credential"
    assert api("PATCH", path, {"username": "mine"}).status == 400
    assert authenticate(username=made.json["username"], password=made.json["password"], peer="10.1.1.1")
    with tenant_scope(tenant.pk):
        event = AuditEvent.objects.get(verb="changed", object_type="smtpcredential")
    assert event.changes["rate_per_minute"] == [60, None]
    assert "Count opens: no → yes" in change_words(event)
    api("DELETE", path)
    assert api("PATCH", path, {"name": "x"}).code == "credential_ended"


def test_owners_are_beyond_every_key(api: Api, tenant: Tenant, owner: User) -> None:
    analyst = User.objects.create_user("analyst@people.test")
    add_member(tenant_id=tenant.pk, user=analyst, role=Role.ANALYST, actor=SYSTEM)
    people = {one["email"]: one["id"] for one in api("GET", "members").json["data"]}
    boss, other = f"members/{people['owner@people.test']}", f"members/{people['analyst@people.test']}"
    assert api("PATCH", boss, {"role": "analyst"}).code == "role_beyond_own"
    assert api("DELETE", boss).code == "role_beyond_own"
    assert api("PATCH", other, {"role": "owner"}).code == "role_beyond_own"
    assert api("PATCH", other, {"role": "marketer"}).json["role"] == "marketer"
    assert api("DELETE", other).status == 204
    invited = api("POST", "invitations", {"email": "New@People.test", "role": "developer"})
    assert (invited.status, invited.json["email"]) == (201, "new@people.test")
    assert api("POST", "invitations", {"email": "x@people.test", "role": "owner"}).code == "role_beyond_own"
    assert api("POST", "invitations", {"email": "owner@people.test", "role": "analyst"}).code == (
        "already_member"
    )
    path = f"invitations/{invited.json['id']}"
    assert api("POST", f"{path}/resend").code == "invited_too_often"
    assert api("DELETE", path).status == 204
    assert api("GET", "invitations").json["data"] == []
    with tenant_scope(tenant.pk):
        actors = set(AuditEvent.objects.filter(object_type="membership", verb="changed").values_list("actor"))
    assert actors == {("key:shop",)}


def test_a_jobs_file_is_fetched_and_a_waiting_job_stopped(
    api: Api, tenant: Tenant, settings: Settings, tmp_path: object
) -> None:
    settings.RELAY_DATA_DIR = tmp_path
    with tenant_scope(tenant.pk):
        done = Job.objects.create(
            tenant_id=tenant.pk,
            kind="contact_export",
            title="Contacts",
            state=Job.State.DONE,
            result_name="連絡先.csv",
            result_type="text/csv",
            result_size=3,
        )
        waiting = Job.objects.create(tenant_id=tenant.pk, kind="contact_export", title="Contacts")
    path = result_path(done.pk)
    path.parent.mkdir(parents=True)
    path.write_bytes(b"a\r\n")
    found = api("GET", f"jobs/{public_id('job', done.pk)}").json
    assert found["file"] == {"name": "連絡先.csv", "type": "text/csv", "size": 3, "until": None}
    file = api("GET", f"jobs/{public_id('job', done.pk)}/file", headers={"Accept": "text/csv"})
    assert (file.status, file.body) == (200, b"a\r\n")
    open_job = f"jobs/{public_id('job', waiting.pk)}"
    assert api("GET", f"{open_job}/file", headers={"Accept": "text/csv"}).code == "not_found"
    assert api("POST", f"{open_job}/cancel").json["state"] == "cancelled"
    assert api("POST", f"{open_job}/cancel").code == "job_over"
    assert [one["state"] for one in api("GET", "jobs?state=cancelled").json["data"]] == ["cancelled"]
