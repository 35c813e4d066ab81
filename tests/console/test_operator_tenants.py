"""Operators' pages of organizations, jobs and health."""

from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.audit import SYSTEM
from accounts.models import AuditEvent, Job, Tenant, User
from accounts.services.tenants import create_tenant
from accounts.tenancy import system_scope, tenant_scope
from campaigns.models import Campaign, ContactList
from delivery.models import AttemptState, Counter, PolicyState, Rollup
from relay_saas.console.ops import health
from tracking.models import Engagement, EngagementCounter
from tracking.selectors.tenant_figures import tenant_figures


@pytest.fixture
def tenant(db: None) -> Tenant:
    create_tenant(slug="globex", name="Globex", actor=SYSTEM)
    return create_tenant(slug="acme", name="アクメ商事", actor=SYSTEM)


@pytest.fixture
def staff(db: None) -> Client:
    user = User.objects.create_user("staff@relay.test")
    User.objects.filter(pk=user.pk).update(is_staff=True)
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(user)
    return client


def page(client: Client, name: str, *args: Any, **query: str) -> str:
    return unescape(client.get(reverse(f"ops:{name}", args=args), query).content.decode())


def looked() -> list[dict[str, Any]]:
    with system_scope():
        return list(AuditEvent.objects.filter(verb="viewed").values_list("changes", flat=True))


def send(tenant: Tenant, *, complaints: int) -> None:
    """A campaign of today: 1,000 delivered, 7 bounced."""
    now = timezone.now()
    with tenant_scope(tenant.pk):
        news = ContactList.objects.create(tenant_id=tenant.pk, name="News")
        campaign = Campaign.objects.create(
            tenant_id=tenant.pk, name="Autumn", mailing_list=news, launched_at=now
        )
        for state, n in ((AttemptState.DELIVERED, 1000), (AttemptState.BOUNCED, 7)):
            Counter.objects.create(tenant_id=tenant.pk, campaign_id=campaign.pk, state=state, shard=0, n=n)
            Rollup.objects.create(
                tenant_id=tenant.pk, campaign_id=campaign.pk, minute=now, provider_id=1, state=state,
                shard=0, n=n,
            )  # fmt: skip
        EngagementCounter.objects.create(
            tenant_id=tenant.pk, campaign_id=campaign.pk, kind=Engagement.Kind.COMPLAINED, machine=False,
            total=complaints, messages=complaints,
        )  # fmt: skip


@pytest.mark.parametrize(("complaints", "kind"), [(0, "ok"), (1, "warning"), (3, "danger")])
def test_an_organization_is_measured_by_its_complaints(tenant: Tenant, complaints: int, kind: str) -> None:
    send(tenant, complaints=complaints)
    first = tenant_figures(most=10)[0]
    assert (first.slug, first.today, first.delivered_today, first.bounced_today) == ("acme", 1007, 1000, 7)
    assert (first.complaint_rate, first.complaint_kind) == (complaints / 10, kind)


def test_it_is_found_by_slug_name_and_id(tenant: Tenant) -> None:
    for word in ("acme", "アクメ", str(tenant.pk)):
        assert [one.slug for one in tenant_figures(wanted=word, most=10)] == ["acme"]
    assert tenant_figures(wanted="%", most=10) == []


def test_the_list_shows_who_is_stopped(tenant: Tenant, staff: Client) -> None:
    send(tenant, complaints=1)
    html = page(staff, "tenants")
    assert "アクメ商事" in html
    assert "0.10%" in html
    assert "Stopped" not in html
    answer = staff.post(
        reverse("ops:tenant_stop", args=[tenant.pk]), {"reason": "spam trap hit", "lasts": "24"}
    )
    assert answer.status_code == 302
    held = PolicyState.objects.get(tenant_id=tenant.pk)
    assert (held.action, held.reason, held.set_by) == ("suspend", "spam trap hit", "staff@relay.test")
    assert "Stopped" in page(staff, "tenants")
    assert "spam trap hit" in page(staff, "tenant", tenant.pk)


def test_an_organization_that_never_was_is_not_found(tenant: Tenant, staff: Client) -> None:
    nobody = "00000000-0000-7000-8000-00000000dead"
    assert staff.get(reverse("ops:tenant", args=[nobody])).status_code == 404
    stop = staff.post(reverse("ops:tenant_stop", args=[nobody]), {"reason": "x"})
    assert stop.status_code == 404
    assert PolicyState.objects.count() == 0


def test_jobs_of_all_are_shown_and_the_look_is_kept(tenant: Tenant, staff: Client) -> None:
    assert "No job is open" in page(staff, "jobs")
    assert looked() == []
    with tenant_scope(tenant.pk):
        job = Job.objects.create(tenant_id=tenant.pk, kind="audit_export", title="Audit log")
        Job.objects.create(
            tenant_id=tenant.pk, kind="x", title="over", state=Job.State.DONE, finished_at=timezone.now()
        )
    html = page(staff, "jobs")
    assert "Export of the audit log" in html
    assert "over" not in html.replace("overview", "").replace("overflow", "")
    assert looked() == [{"what": "jobs", "jobs": [job.pk]}]
    assert ">over<" in page(staff, "jobs", all="1").replace("\n", "")


def test_everything_works_here(staff: Client, db: None) -> None:
    found = {one.name: one for one in health.checks()}
    assert {"Database", "Clock", "Valkey", "Tasks", "Queue runs", "Queue", "Jobs", "Disk"} == set(found)
    assert found["Database"].kind != "danger"
    assert found["Valkey"].kind != "danger"
    html = page(staff, "health")
    assert "PostgreSQL" in html
    assert "agrees with the database’s" in html


def test_a_valkey_that_is_gone_is_named_and_hides_nothing_else(
    staff: Client, db: None, settings: Any
) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    found = {one.name: one for one in health.checks()}
    assert (found["Valkey"].kind, found["Valkey"].facts) == ("danger", ("ConnectionError",))
    assert found["Database"].kind != "danger"


def test_a_job_that_nobody_begins_is_a_warning(tenant: Tenant, staff: Client) -> None:
    with tenant_scope(tenant.pk):
        job = Job.objects.create(tenant_id=tenant.pk, kind="x")
        Job.objects.filter(pk=job.pk).update(created_at=timezone.now() - timedelta(minutes=5))
    assert "jobs wait for a worker" in page(staff, "health")
