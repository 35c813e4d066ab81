"""Templates, campaigns and imports by API."""

from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from accounts.models import AuditEvent, Job, SendingDomain, Tenant
from accounts.services import job_runs
from accounts.tenancy import tenant_scope
from campaigns.models import Campaign, Contact
from relay_saas.web.prefixed import number_of, public_id
from tests.api_client import Answer, Api, answer_of, api_of
from tests.campaigns.conftest import HTML, PEOPLE
from tests.campaigns.kinds import Load

SCOPES = (
    "campaigns.read", "campaigns.write", "campaigns.send", "templates.read", "templates.write",
    "contacts.read", "contacts.write", "lists.read", "lists.write",
)  # fmt: skip
DRAFT = {
    "name": "Autumn",
    "subject": "News",
    "from_address": "news@news.acme.test",
    "markup": "html",
    "html": HTML,
}


@pytest.fixture
def api(tenant: Tenant) -> Api:
    return api_of(tenant.pk, *SCOPES)


@pytest.fixture
def ready(api: Api, domain: SendingDomain, load: Load) -> str:
    """A draft that may be launched."""
    load(PEOPLE)
    answer = api("POST", "campaigns", DRAFT)
    assert answer.status == 201, answer
    return str(answer.json["id"])


def state_of(api: Api, campaign: str) -> str:
    return str(api("GET", f"campaigns/{campaign}").json["state"])


def test_a_template_is_kept_by_version_and_put_away(api: Api) -> None:
    made = api("POST", "templates", {"name": "Letter", "markup": "html", "html": "<p>x</p>"})
    assert (made.status, made.json["version"], made.json["text"]) == (201, 1, "")
    path = f"templates/{made.json['id']}"
    changed = api("PATCH", path, {"html": "<p>y</p>"}, headers={"If-Match": made.headers["ETag"]})
    assert (changed.json["name"], changed.json["version"]) == ("Letter", 2)
    old = api("PATCH", path, {"html": "<p>z</p>"}, headers={"If-Match": made.headers["ETag"]})
    assert old.code == "changed_meanwhile"
    assert api("POST", f"{path}/duplicate").json["html"] == "<p>y</p>"
    assert api("DELETE", path).status == 204
    assert [one["name"] for one in api("GET", "templates?archived=true").json["data"]] == ["Letter"]
    assert "html" not in api("GET", "templates?archived=true").json["data"][0]
    assert api("POST", f"{path}/restore").json["archived_at"] is None
    assert api("POST", "templates", {"name": " ", "html": ""}).code == "name_empty"
    assert api("PATCH", path, {"markup": "word"}).code == "invalid"


def test_a_campaign_begins_with_what_is_known(api: Api, domain: SendingDomain, load: Load) -> None:
    load("email\nann@gmail.test\n")
    template = api("POST", "templates", {"name": "Letter", "markup": "html", "html": "<p>x</p>"}).json["id"]
    made = api("POST", "campaigns", {"name": "Autumn", "template": template, "tags": ["news", "a"]})
    assert (made.json["html"], made.json["tags"], made.json["state"]) == ("<p>x</p>", ["news", "a"], "draft")
    assert made.json["list"] == api("GET", "lists").json["data"][0]["id"]
    assert [one["id"] for one in api("GET", "campaigns?tag=news").json["data"]] == [made.json["id"]]
    assert api("GET", "campaigns?tag=other").json["data"] == []
    assert api("POST", "campaigns", {"name": "x", "template": public_id("tpl", 1 << 40)}).code == "unknown_id"
    assert api("POST", "campaigns", {"name": "x", "list": public_id("lst", 1 << 40)}).code == "unknown_id"
    assert api("POST", "campaigns", {"name": "x", "from_address": "no way"}).code == "bad_sender"
    assert len(api("GET", "campaigns").json["data"]) == 1


def test_a_draft_is_checked_changed_and_thrown_away(api: Api, ready: str) -> None:
    check = api("GET", f"campaigns/{ready}/check").json
    assert (check["ready"], check["audience"]["reachable"]) == (True, 2)
    path = f"campaigns/{ready}"
    assert api("PATCH", path, {"list": None}).json["list"] is None
    assert api("GET", f"{path}/check").json["ready"] is False
    assert api("PATCH", path, {"subject": "Changed", "status": "sent"}).code == "invalid"
    assert api("DELETE", path).status == 204
    assert api("GET", path).status == 404


def test_twenty_launches_are_one(api: Api, ready: str, tenant: Tenant) -> None:
    answers = [api("POST", f"campaigns/{ready}/launch") for _ in range(20)]
    assert {answer.status for answer in answers} == {202}
    assert len({answer.json["scheduled_at"] for answer in answers}) == 1
    with tenant_scope(tenant.pk):
        assert AuditEvent.objects.filter(verb="scheduled").count() == 1
    assert api("POST", f"campaigns/{ready}/unschedule").json["state"] == "draft"


def test_a_launch_waits_for_its_time_and_for_every_warning(api: Api, ready: str) -> None:
    path = f"campaigns/{ready}/launch"
    assert api("POST", path, {"at": "2001-01-01T00:00:00Z"}).code == "in_the_past"
    assert api("POST", path, {"at": "2999-12-31T23:59:59Z"}).code == "too_far"
    assert api("POST", path, {"at": "9999-12-31T23:59:59Z"}).code == "too_far"
    for text in ("0000-01-01T00:00:60Z", "2026-03-29T02:30:00", "tomorrow", 5):
        assert api("POST", path, {"at": text}).code == "invalid"
    assert api("POST", path, {"warnings": []}).code == "warnings_not_checked"
    at = (timezone.now() + timezone.timedelta(days=2)).isoformat()  # type: ignore[attr-defined]  # datetime's
    planned = api("POST", path, {"at": at})
    assert (planned.status, planned.json["state"]) == (202, "scheduled")
    assert api("PATCH", f"campaigns/{ready}", {"subject": "x"}).code == "scheduled"


def test_a_campaign_that_lacks_something_is_not_launched(api: Api, ready: str) -> None:
    api("PATCH", f"campaigns/{ready}", {"subject": ""})
    refused = api("POST", f"campaigns/{ready}/launch")
    assert refused.status == 422
    assert refused.json["errors"]
    assert state_of(api, ready) == "draft"


def test_a_running_campaign_is_paused_resumed_cancelled_and_copied(
    api: Api, ready: str, tenant: Tenant
) -> None:
    path = f"campaigns/{ready}"
    for deed in ("pause", "resume", "cancel"):
        assert api("POST", f"{path}/{deed}").code == "not_launched"
    with tenant_scope(tenant.pk):
        Campaign.objects.update(state=Campaign.State.SENDING)
    assert api("POST", f"{path}/pause").json["state"] == "paused"
    assert api("POST", f"{path}/pause").json["state"] == "paused"
    assert api("POST", f"{path}/resume").json["state"] == "sending"
    assert api("POST", f"{path}/archive").code == "still_running"
    assert api("POST", f"{path}/cancel").json["state"] == "cancelled"
    assert api("POST", f"{path}/launch").code == "already_cancelled"
    assert api("POST", f"{path}/repeat").code == "not_finished"
    copy = api("POST", f"{path}/duplicate")
    assert (copy.status, copy.json["state"], copy.json["html"]) == (201, "draft", HTML)
    assert api("POST", f"{path}/archive").json["archived_at"] is not None
    assert [one["id"] for one in api("GET", "campaigns?archived=true").json["data"]] == [ready]
    assert api("POST", f"{path}/unarchive").json["archived_at"] is None
    assert api("DELETE", path).code == "not_a_draft"


def upload(api: Api, data: bytes, **fields: str) -> Answer:
    file = SimpleUploadedFile("people.csv", data, content_type="text/csv")
    sent: dict[str, Any] = {"file": file, "consent": "form", **fields}
    headers = {"Authorization": f"Bearer {api.secret}"}
    return answer_of(Client().post("/api/v1/imports", sent, headers=headers))


def run_jobs(tenant: Tenant) -> None:
    with tenant_scope(tenant.pk):
        waiting = list(
            Job.objects.filter(state=Job.State.WAITING).order_by("pk").values_list("pk", flat=True)
        )
    for job_id in waiting:
        job_runs.run(tenant_id=tenant.pk, job_id=job_id)


def test_a_file_is_uploaded_checked_started_and_taken_back(api: Api, tenant: Tenant) -> None:
    made = upload(api, b"email,City\nann@gmail.test,Kyoto\nnobody,x\n", new_list="News")
    assert made.status == 201, made
    path = f"imports/{made.json['id']}"
    assert [one["target"] for one in made.json["columns"]] == ["email", "new"]
    assert api("POST", f"{path}/start").code == "import_not_checked"
    run_jobs(tenant)
    assert api("GET", path).json["checked"] is True
    assert api("POST", f"{path}/start").status == 202
    run_jobs(tenant)
    done = api("GET", path).json
    assert (done["stage"], done["counts"]["new"], done["not_taken"]) == ("done", 1, 1)
    with tenant_scope(tenant.pk):
        assert list(Contact.objects.values_list("email", flat=True)) == ["ann@gmail.test"]
    errors = api("GET", f"{path}/errors")
    assert errors.headers["Content-Type"].startswith("text/csv")
    assert b"nobody" in errors.body
    assert api("DELETE", path).code == "import_started"
    assert api("POST", f"{path}/undo").status == 202
    run_jobs(tenant)
    assert api("GET", path).json["stage"] == "undone"


def test_a_file_whose_columns_say_nothing_waits_for_somebody_to_say_them(api: Api, tenant: Tenant) -> None:
    made = upload(api, b"a,b\n1,x\n", new_list="News")
    assert (made.status, made.json["check_job"]) == (201, None)
    path = f"imports/{made.json['id']}"
    assert api("PATCH", path, {"columns": [{"target": "email"}]}).code == "columns_do_not_match"
    new = [{"target": "email"}, {"target": "new", "label": " "}]
    assert api("PATCH", path, {"columns": new}).code == "label_needed"
    gone = [{"target": "email"}, {"target": "nofield"}]
    assert api("PATCH", path, {"columns": gone}).code == "field_gone"
    assert api("PATCH", path, {"columns": [{"target": "skip"}] * 2}).code == "no_email_column"
    mended = api("PATCH", path, {"columns": [{"target": "email"}, {"target": "skip"}]})
    assert mended.json["check_job"]["state"] == "waiting"
    assert api("POST", f"{path}/stop").json["check_job"]["state"] == "cancelled"
    other = api("PATCH", path, {"has_header": False, "encoding": "cp932"})
    assert (other.json["has_header"], other.json["encoding"]) == (False, "cp932")
    assert api("DELETE", path).status == 204


def test_a_file_that_cannot_be_taken_leaves_nothing(api: Api, tmp_path: Path) -> None:
    assert upload(api, b"", new_list="News").code == "file_empty"
    assert upload(api, b"PK\x03\x04spreadsheet", new_list="News").code == "file_not_text"
    assert upload(api, b"email\na@b.jp\n").code == "one_list_needed"
    assert upload(api, b"email\na@b.jp\n", list="lst_nonsense").code == "unknown_id"
    assert upload(api, b"email\na@b.jp\n", list="", new_list="News").code == "unknown_id"
    assert upload(api, b"email\na@b.jp\n", new_list="").code == "invalid"
    assert upload(api, b"email\na@b.jp\n", new_list="News", consent="other").code == "note_needed"
    assert upload(api, b"email\na@b.jp\n", new_list="News", owner="x").code == "invalid"
    assert api("POST", "imports", {"consent": "form"}).status == 415
    assert api("GET", "imports").json["data"] == []
    assert api("GET", "lists").json["data"] == []
    assert list(tmp_path.rglob("*.upload")) == []


def test_the_number_behind_an_id_is_none(api: Api, ready: str) -> None:
    number = number_of("cmp", ready)
    assert api("GET", f"campaigns/{number}").status == 404
    assert api("GET", "campaigns/1%00/").status == 404
