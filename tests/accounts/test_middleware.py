"""What the middleware sets around a page of an organization: the zone of its times, no caching."""

from collections.abc import Callable

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.utils import timezone

from accounts.audit import SYSTEM
from accounts.middleware import TenantMiddleware
from accounts.models import Role, Tenant, User
from accounts.services.tenants import add_member
from accounts.tenancy import tenant_scope

See = Callable[[str], str]


@pytest.fixture
def see(tenant: Tenant, alice: User) -> See:
    """`see("Asia/Tokyo")` gives the zone in which a page of an organization there shows its times."""
    add_member(tenant_id=tenant.pk, user=alice, role=Role.OWNER, actor=SYSTEM)

    def see(zone: str) -> str:
        with tenant_scope(tenant.pk):
            Tenant.objects.filter(pk=tenant.pk).update(time_zone=zone)
        seen: list[str] = []

        def page(_request: HttpRequest) -> HttpResponse:
            seen.append(timezone.get_current_timezone_name())
            return HttpResponse()

        request = RequestFactory().get("/o/acme/")
        request.user = alice
        TenantMiddleware(page)(request)
        return seen[0]

    return see


def test_times_are_shown_in_the_zone_of_the_organization(see: See) -> None:
    assert see("Asia/Tokyo") == "Asia/Tokyo"
    assert timezone.get_current_timezone_name() == "UTC"


@pytest.mark.parametrize("unknown", ["Mars/Olympus", "", "../etc/passwd"])
def test_a_zone_that_nobody_knows_does_not_close_the_pages(see: See, unknown: str) -> None:
    assert see(unknown) == "UTC"


def test_a_page_of_an_organization_is_kept_nowhere(tenant: Tenant, alice: User) -> None:
    add_member(tenant_id=tenant.pk, user=alice, role=Role.OWNER, actor=SYSTEM)
    client = Client()
    client.force_login(alice)
    assert client.get("/o/acme/")["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize(
    ("referer", "back"),
    [
        ("http://testserver/o/acme/campaigns/1/?a=1", "/o/acme/campaigns/1/%3Fa%3D1"),
        ("http://evil.test/o/acme/campaigns/1/", "/"),
        ("", "/"),
    ],
)
def test_a_form_of_somebody_signed_out_leads_back_to_its_own_page_and_nowhere_else(
    db: None, referer: str, back: str
) -> None:
    answer = Client().post("/o/acme/campaigns/1/launch/", headers={"Referer": referer})
    assert answer.status_code == 302
    assert answer["Location"] == f"/accounts/login/?next={back}"


def test_a_page_asked_for_by_somebody_signed_out_comes_after_the_sign_in(db: None) -> None:
    answer = Client().get("/o/acme/campaigns/?state=sent")
    assert answer["Location"] == "/accounts/login/?next=/o/acme/campaigns/%3Fstate%3Dsent"
