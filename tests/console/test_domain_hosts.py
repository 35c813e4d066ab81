"""Steps at DNS hosts with the domain's own records, for members and for whoever keeps the DNS."""

import pytest
from django.test import Client

from accounts.audit import SYSTEM
from accounts.models import Role, SendingDomain, User
from accounts.services.dns_share import share_token
from accounts.services.tenants import add_member, create_tenant
from accounts.tenancy import tenant_scope
from relay_saas.console.domain_hosts import HOSTS


@pytest.fixture
def domain(db: None) -> SendingDomain:
    tenant = create_tenant(slug="acme", name="Acme", actor=SYSTEM)
    user = User.objects.create_user("owner@acme.test")
    add_member(tenant_id=tenant.pk, user=user, role=Role.OWNER, actor=SYSTEM)
    with tenant_scope(tenant.pk):
        return SendingDomain.objects.create(
            tenant_id=tenant.pk, name="news.acme.test", label="abc", zone="acme.test"
        )


def page(domain: SendingDomain, host: str, language: str = "en") -> str:
    client = Client(headers={"Accept-Language": language})
    client.force_login(User.objects.get())
    response = client.get(f"/o/acme/domains/{domain.pk}/hosts/", {"host": host})
    assert response.status_code == 200
    return str(response.content.decode())


@pytest.mark.parametrize("host", HOSTS)
def test_each_host_has_steps_with_the_domains_own_records(domain: SendingDomain, host: str) -> None:
    shown = page(domain, host)
    for part in (HOSTS[host].name, "r1._domainkey.news", "r1.abc.dkim.", "_dmarc.news", "acme.test"):
        assert part in shown
    assert "%(zone)s" not in shown


def test_text_stands_in_quotation_marks_where_the_host_wants_them(domain: SendingDomain) -> None:
    assert "&quot;v=DMARC1" in page(domain, "route53")
    assert "&quot;v=DMARC1" not in page(domain, "cloudflare")


def test_a_host_that_nobody_knows_leads_to_the_first(domain: SendingDomain) -> None:
    assert "ドメインNavi" in page(domain, "nonsense")


def test_without_a_known_zone_the_whole_name_is_shown(domain: SendingDomain) -> None:
    with tenant_scope(domain.tenant_id):
        SendingDomain.objects.update(zone="")
    assert "r1._domainkey.news.acme.test" in page(domain, "cloudflare")


def test_whoever_keeps_the_dns_needs_no_sign_in(domain: SendingDomain) -> None:
    with tenant_scope(domain.tenant_id):
        token = share_token(domain)
    stranger = Client(headers={"Accept-Language": "en"})
    response = stranger.get(f"/dns/{token}/hosts/", {"host": "cloudflare"})
    assert response.status_code == 200
    assert response["X-Robots-Tag"] == "noindex, nofollow"
    assert "DNS only" in response.content.decode()
    assert f"/dns/{token}/hosts/?host=onamae" in stranger.get(f"/dns/{token}/").content.decode()
    assert stranger.get("/dns/nonsense/hosts/").status_code == 404
