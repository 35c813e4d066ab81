"""What operators decide about bounces, mail to our roles and a restored copy; what a tenant sees of it."""

from datetime import timedelta
from urllib.parse import quote

import pytest
from django.test import Client
from django.utils import timezone

from accounts.audit import SYSTEM
from accounts.models import AuditEvent, Role, Tenant, User
from accounts.services.tenants import add_member, create_tenant
from accounts.tenancy import system_scope, tenant_scope
from campaigns.models import Suppression
from delivery.engine.incarnation import RESTORED
from delivery.inbound.mail import keep
from delivery.models import Provider, Scope, Site
from delivery.selectors.policies import active_policies
from delivery.selectors.struck import struck
from delivery.services.policy import suspend

RULE = "x.1.1-no-such-mailbox"
MAIL = b"From: a@b.test\r\nSubject: =?utf-8?b?5YGc5q2i?=\r\n\r\n<b>Please</b> stop.\r\n"


@pytest.fixture
def operator(db: None) -> Client:
    user = User.objects.create_user("staff@relay.test")
    User.objects.filter(pk=user.pk).update(is_staff=True)
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(user)
    return client


@pytest.fixture
def tenants(db: None) -> list[Tenant]:
    """Two organizations with an address each that a provider called unknown, and one that is final."""
    site = Site.objects.create(key="mx.giant.test", provider=Provider.objects.create(id=901, name="Giant"))
    made = [create_tenant(slug=f"org{n}", name=f"Org {n}", actor=SYSTEM) for n in (1, 2)]
    for tenant in made:
        suppress(tenant, "taro@giant.test", site, timezone.now() + timedelta(hours=20))
    suppress(made[0], "gone@giant.test", site, None)
    return made


def suppress(tenant: Tenant, address: str, site: Site, until: object) -> None:
    with tenant_scope(tenant.pk):
        Suppression.objects.create(
            tenant_id=tenant.pk, email_key=address, scope="all", reason="bounced", rule=RULE, site_id=site.pk,
            detail=f"{RULE}: 550 5.1.1 <{address}> unknown", provisional_until=until,
        )  # fmt: skip


def left(tenant: Tenant) -> dict[str, bool]:
    """Suppressed addresses, and whether each is provisional."""
    with tenant_scope(tenant.pk):
        rows = Suppression.objects.values_list("email_key", "provisional_until")
        return {key: until is not None for key, until in rows}


def trail(tenant: Tenant) -> list[tuple[str, str]]:
    with tenant_scope(tenant.pk):
        events = AuditEvent.objects.filter(object_type="suppression").order_by("pk")
        return list(events.values_list("verb", "actor"))


def test_a_group_names_counts_and_no_address(operator: Client, tenants: list[Tenant]) -> None:
    [group] = struck()
    assert (group.addresses, group.tenants, group.rule) == (2, 2, RULE)
    body = operator.get("/ops/bounces/").content.decode()
    assert "Giant" in body
    assert "taro@" not in body
    shown = operator.get(f"/ops/bounces/group/?what={quote(group.word)}").content.decode()
    assert "Addresses that may be mailed again: 2; organizations: 2." in shown


def test_undoing_lets_the_provisional_ones_go_at_all_organizations(
    operator: Client, tenants: list[Tenant]
) -> None:
    [group] = struck()
    answer = operator.post("/ops/bounces/undo/", {"what": group.word, "reason": "their outage"}, follow=True)
    assert "2 addresses may be mailed again." in answer.content.decode()
    assert [left(tenant) for tenant in tenants] == [{"gone@giant.test": False}, {}]
    assert [trail(tenant) for tenant in tenants] == [[("undone", "staff@relay.test")]] * 2
    with system_scope():
        changes = AuditEvent.objects.get(verb="undone").changes
    assert (changes["reason"], changes["rule"]) == ("their outage", RULE)


def test_confirming_makes_them_final_and_leaves_nothing_to_decide(
    operator: Client, tenants: list[Tenant]
) -> None:
    [group] = struck()
    operator.post("/ops/bounces/confirm/", {"what": group.word, "reason": "they closed"})
    assert left(tenants[0]) == {"gone@giant.test": False, "taro@giant.test": False}
    assert trail(tenants[1]) == [("confirmed", "staff@relay.test")]
    assert struck() == []
    again = operator.post("/ops/bounces/undo/", {"what": group.word, "reason": "no"}, follow=True)
    assert "Nothing of this group is provisional any more." in again.content.decode()
    assert left(tenants[1]) == {"taro@giant.test": False}


def test_an_organization_sees_which_of_its_own_are_provisional_and_why(tenants: list[Tenant]) -> None:
    user = User.objects.create_user("ana@org1.test")
    add_member(tenant_id=tenants[0].pk, user=user, role=Role.ANALYST, actor=SYSTEM)
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(user)
    only = client.get("/o/org1/suppressions/?provisional=1").content.decode()
    assert "taro@giant.test" in only
    assert "refused good addresses by mistake" in only
    assert RULE in only
    assert "gone@giant.test" not in only
    found = client.get("/o/org1/suppressions/?q=Gone@giant.test").content.decode()
    assert "gone@giant.test" in found
    assert "by mistake" not in found


def test_role_mail_is_listed_read_as_text_and_done(operator: Client, tenants: list[Tenant]) -> None:
    number = keep(
        tenant_id=tenants[0].pk, token=None, mail_from="a@b.test", raw=MAIL, rcpt="abuse@news.org1.test"
    )
    listed = operator.get("/ops/mail/").content.decode()
    assert "停止" in listed
    assert "org1" in listed
    opened = operator.get(f"/ops/mail/{number}/").content.decode()
    assert "&lt;b&gt;Please&lt;/b&gt; stop." in opened
    operator.post(f"/ops/mail/{number}/done/", {"reason": "answered by hand"})
    assert "停止" not in operator.get("/ops/mail/").content.decode()
    assert "staff@relay.test" in operator.get("/ops/mail/?done=1").content.decode()
    with system_scope():
        assert list(AuditEvent.objects.order_by("pk").values_list("verb", flat=True)) == ["viewed", "done"]


def test_a_bounce_is_no_role_mail_and_its_number_opens_nothing(
    operator: Client, tenants: list[Tenant]
) -> None:
    assert operator.get("/ops/mail/1/").status_code == 404


def test_a_restored_copy_resumes_with_a_reason(operator: Client) -> None:
    assert "never restored" in operator.get("/ops/restored/").content.decode()
    suspend(scope=Scope(), reason="a copy", set_by="engine", rule=RESTORED, evidence="was 1, is 2")
    page = operator.get("/ops/restored/").content.decode()
    assert "was 1, is 2" in page
    assert "Resume sending" in page
    operator.post("/ops/restored/resume/", {"reason": "a planned move"})
    assert not active_policies().filter(rule=RESTORED)
