"""The pages of jobs: list, progress, stop, result, and whose file may be fetched by whom."""

from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client
from django.urls import reverse

from accounts import jobs as registry
from accounts.audit import SYSTEM, Actor
from accounts.jobs import JobKind, RunningJob, register
from accounts.models import AuditEvent, Job, Role, Tenant, User
from accounts.permissions import Capability
from accounts.services import job_runs
from accounts.services.jobs import create
from accounts.services.tenants import add_member, create_tenant
from accounts.tenancy import tenant_scope


def work(job: RunningJob) -> dict[str, int]:
    job.keep_file("夏の/連絡先: “A”.csv", "text/csv").write_bytes(b"\xef\xbb\xbfa\r\n")
    return {"rows": 1234}


@pytest.fixture(autouse=True)
def _kind(monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Path) -> None:
    settings.RELAY_DATA_DIR = tmp_path
    monkeypatch.setattr(registry, "_kinds", {})
    register(JobKind(name="count", label="Export of contacts", run=work, counts={"rows": "Rows"}))


@pytest.fixture
def tenant(db: None) -> Tenant:
    return create_tenant(slug="acme", name="Acme", actor=SYSTEM)


def person(tenant: Tenant, role: Role) -> Client:
    user = User.objects.create_user(f"{role}@people.test")
    add_member(tenant_id=tenant.pk, user=user, role=role, actor=SYSTEM)
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(user)
    return client


def started(tenant: Tenant, user: User | None = None) -> Job:
    actor = SYSTEM if user is None else Actor(name=user.email, user_id=user.pk)
    return create(tenant_id=tenant.pk, kind="count", title="Summer", actor=actor)


def shown(client: Client, name: str, *ids: int) -> str:
    return unescape(client.get(reverse(f"console:{name}", args=["acme", *ids])).content.decode())


def test_an_empty_list_says_what_will_stand_there(tenant: Tenant) -> None:
    assert "No jobs yet" in shown(person(tenant, Role.ANALYST), "jobs")


def test_the_list_names_each_job_and_who_started_it(
    tenant: Tenant, django_assert_max_num_queries: Any
) -> None:
    client = person(tenant, Role.MARKETER)
    user = User.objects.get(email="marketer@people.test")
    for _ in range(12):
        started(tenant, user)
    with django_assert_max_num_queries(20):
        page = shown(client, "jobs")
    assert page.count(">Summer</a>") == 12
    assert "marketer@people.test" in page


def test_a_waiting_job_renews_itself_and_a_finished_one_does_not(tenant: Tenant) -> None:
    client = person(tenant, Role.MARKETER)
    job = started(tenant)
    page = shown(client, "job", job.pk)
    assert f'hx-get="/o/acme/jobs/{job.pk}/live/"' in page
    assert "You can leave this page" in page
    job_runs.run(tenant_id=tenant.pk, job_id=job.pk)
    part = shown(client, "job_live", job.pk)
    assert "hx-get" not in part
    for text in ("Done", "夏の 連絡先 “A”.csv", "1,234", f"/o/acme/jobs/{job.pk}/file/"):
        assert text in part


def test_a_job_that_runs_shows_how_far_it_is(tenant: Tenant) -> None:
    client = person(tenant, Role.MARKETER)
    job = started(tenant)
    with tenant_scope(tenant.pk):
        Job.objects.filter(pk=job.pk).update(state=Job.State.RUNNING, done=250, total=1000)
    assert '<progress value="250" max="1000"' in shown(client, "job_live", job.pk)


def test_the_file_comes_with_its_name_and_the_trail_knows_it(tenant: Tenant) -> None:
    client = person(tenant, Role.ANALYST)
    job = started(tenant)
    job_runs.run(tenant_id=tenant.pk, job_id=job.pk)
    answer = client.get(reverse("console:job_file", args=["acme", job.pk]))
    assert b"".join(answer.streaming_content) == b"\xef\xbb\xbfa\r\n"
    assert (answer["Content-Type"], answer["Content-Length"]) == ("text/csv", "6")
    name = quote("夏の 連絡先 “A”.csv")
    assert answer["Content-Disposition"] == f"attachment; filename*=utf-8''{name}"
    assert answer["Cache-Control"] == "private, no-store"
    with tenant_scope(tenant.pk):
        assert AuditEvent.objects.filter(verb="downloaded", object_id=str(job.pk)).count() == 1


def test_a_file_that_is_not_there_yet_is_not_found(tenant: Tenant) -> None:
    client = person(tenant, Role.ANALYST)
    job = started(tenant)
    assert client.get(reverse("console:job_file", args=["acme", job.pk])).status_code == 404


def test_a_kinds_own_capability_is_needed_for_its_file(tenant: Tenant) -> None:
    register(JobKind(name="count", label="All data", run=work, capability=Capability.SETTINGS_EDIT))
    job = started(tenant)
    job_runs.run(tenant_id=tenant.pk, job_id=job.pk)
    address = reverse("console:job_file", args=["acme", job.pk])
    analyst = person(tenant, Role.ANALYST)
    assert analyst.get(address).status_code == 403
    assert "Your role may not download it." in shown(analyst, "job", job.pk)
    assert b"".join(person(tenant, Role.OWNER).get(address).streaming_content).endswith(b"a\r\n")


def test_who_started_it_may_stop_it_and_a_second_click_is_answered(tenant: Tenant) -> None:
    register(JobKind(name="count", label="All data", run=work, capability=Capability.SETTINGS_EDIT))
    client = person(tenant, Role.ANALYST)
    own = started(tenant, User.objects.get(email="analyst@people.test"))
    stop = reverse("console:job_cancel", args=["acme", own.pk])
    assert "data-confirm" in shown(client, "job", own.pk)
    assert "is being stopped" in client.post(stop, follow=True).content.decode()
    again = unescape(client.post(stop, follow=True).content.decode())
    assert "(job_over)" in again
    assert "The work was stopped." in again
    others = started(tenant)
    assert client.post(reverse("console:job_cancel", args=["acme", others.pk])).status_code == 403
    assert 'data-confirm-label="Stop the work"' not in shown(client, "job", others.pk)
