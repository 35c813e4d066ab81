"""A sending domain's page: what DNS says of each record, zone file, shared link, adding and removing."""

import time
from html import unescape

import pytest
from django.core import signing
from django.test import Client
from django.urls import reverse

from accounts.audit import SYSTEM
from accounts.models import Role, SendingDomain, Tenant, User
from accounts.services.dns_records import tenant_records
from accounts.services.dns_share import LIFETIME, SALT, share_token
from accounts.services.domains import add_domain, ask_for_check
from accounts.services.senders import SenderDraft, create_sender
from accounts.services.tenants import add_member, create_tenant
from accounts.tenancy import tenant_scope
from delivery.services.submission import submit
from delivery.services.submission_spec import Mailbox, SubmissionSpec
from relay_saas.console.domain_records import domain_view
from tests.delivery.builders import make_domain


@pytest.fixture
def tenant(db: None, settings) -> Tenant:
    settings.RELAY_EGRESS = ["shared:127.30.0.1:mx1.relay.test"]
    settings.RELAY_ZONE_SERVER = ""
    return create_tenant(slug="acme", name="Acme", actor=SYSTEM)


@pytest.fixture
def domain(tenant: Tenant) -> SendingDomain:
    return make_domain(tenant.pk)


def person(tenant: Tenant, role: Role = Role.DEVELOPER) -> Client:
    user = User.objects.create_user(f"{role}@people.test")
    add_member(tenant_id=tenant.pk, user=user, role=role, actor=SYSTEM)
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(user)
    return client


def found(domain: SendingDomain, state: str = "pending", **answers: list[str]) -> SendingDomain:
    """The domain after a check in which DNS said what is right, or `answers` by purpose."""
    records = []
    for record in tenant_records(domain):
        said = answers.get(record.purpose, [record.value])
        ok = said == [record.value]
        records.append(
            {"purpose": record.purpose, "type": record.type, "name": record.name, "value": record.value}
            | {"found": said, "ok": ok, "unknown": False}
        )
    with tenant_scope(domain.tenant_id):
        SendingDomain.objects.filter(pk=domain.pk).update(records=records, state=state, zone="acme.test")
        return SendingDomain.objects.get(pk=domain.pk)


def at(name: str, *ids: object) -> str:
    return reverse(f"console:{name}", args=["acme", *ids])


def text(response) -> str:
    return unescape(response.content.decode())


def states(domain: SendingDomain) -> dict[str, tuple[str, str, str]]:
    return {row.record.purpose: (row.kind, row.word, row.detail) for row in domain_view(domain).rows}


def test_before_the_first_check_nothing_is_claimed(domain: SendingDomain) -> None:
    assert {kind for kind, _word, _detail in states(domain).values()} == {"neutral"}


def test_each_record_says_what_dns_answered(domain: SendingDomain) -> None:
    said = states(
        found(
            domain,
            dkim_r1=[],
            tracking=["elsewhere.example"],
            dmarc=["v=DMARC1; p=none", "v=DMARC1; p=reject"],
        )
    )
    assert said["dkim_r1"][:2] == ("danger", "Not found")
    assert said["tracking"] == ("danger", "Another value", "DNS answers: elsewhere.example")
    assert said["dmarc"][:2] == ("danger", "Several records")
    assert said["return_path"][:2] == ("ok", "Found")


def test_a_policy_of_none_is_right_and_worth_a_word(domain: SendingDomain) -> None:
    view = domain_view(found(domain, state="verified"))
    assert view.all_right
    assert next(row for row in view.rows if row.record.purpose == "dmarc").kind == "warning"


def test_the_host_is_offered_without_the_zone_that_dns_names(domain: SendingDomain) -> None:
    hosts = {row.record.purpose: row.short_host for row in domain_view(found(domain)).rows}
    assert hosts["return_path"] == "rp.news"
    assert hosts["dmarc"] == "_dmarc.news"


def test_the_page_renews_itself_for_who_may_edit_until_all_is_right(
    tenant: Tenant, domain: SendingDomain
) -> None:
    found(domain, dkim_r1=[])
    client = person(tenant)
    shown = text(client.get(at("sending_domain", domain.pk)))
    assert "6 of 7 records are right." in shown
    assert "every 10s" in shown
    assert "every 10s" not in text(person(tenant, Role.ANALYST).get(at("sending_domain", domain.pk)))
    found(domain, state="verified")
    assert "every 10s" not in text(client.get(at("sending_domain", domain.pk)))


def test_a_page_that_was_left_open_stops_asking(tenant: Tenant, domain: SendingDomain) -> None:
    found(domain, dkim_r1=[])
    client = person(tenant)
    address = at("domain_check", domain.pk)
    part = text(client.post(f"{address}?tick=3", headers={"HX-Request": "true"}))
    assert "tick=4" in part
    for last in ("90", "x", "9999"):
        assert "has stopped asking" in text(
            client.post(f"{address}?tick={last}", headers={"HX-Request": "true"})
        )


def test_several_open_pages_ask_dns_once(
    tenant: Tenant, domain: SendingDomain, django_capture_on_commit_callbacks
) -> None:
    assert ask_for_check(tenant_id=tenant.pk, domain_id=domain.pk)
    assert not ask_for_check(tenant_id=tenant.pk, domain_id=domain.pk)
    with django_capture_on_commit_callbacks() as started:
        assert person(tenant).post(at("domain_check", domain.pk)).status_code == 302
    assert started == []


def test_a_domain_that_others_have_verified_says_so(tenant: Tenant, domain: SendingDomain) -> None:
    found(domain, state="pending")
    assert "domain_taken" in text(person(tenant).get(at("sending_domain", domain.pk)))


def test_the_zone_file_holds_every_record(tenant: Tenant, domain: SendingDomain) -> None:
    answer = person(tenant, Role.ANALYST).get(at("domain_zone", domain.pk))
    assert answer["Content-Disposition"] == 'attachment; filename="news.acme.test.zone"'
    lines = answer.content.decode().splitlines()
    assert len(lines) == 7
    assert f"rp.news.acme.test. 60 IN CNAME {domain.label}.rp.relay.test." in lines


def test_a_domain_is_added_and_a_wrong_name_keeps_what_was_written(tenant: Tenant) -> None:
    client = person(tenant)
    refused = client.post(at("domain_new"), {"name": "no domain"})
    assert refused.status_code == 422
    assert 'value="no domain"' in text(refused)
    assert "(bad_domain)" in text(refused)
    added = client.post(at("domain_new"), {"name": "News.Acme.test."}, follow=True)
    assert "news.acme.test" in text(added)
    assert "Not looked at yet" in text(added)


def test_a_domain_that_nothing_was_sent_from_can_be_removed_with_its_senders(tenant: Tenant) -> None:
    domain = add_domain(tenant_id=tenant.pk, name="mail.acme.test", actor=SYSTEM)
    found(domain, state="verified")
    sender = SenderDraft(name="Acme", address="a@mail.acme.test")
    create_sender(tenant_id=tenant.pk, draft=sender, actor=SYSTEM)
    assert "is removed" in text(person(tenant).post(at("domain_remove", domain.pk), follow=True))
    with tenant_scope(tenant.pk):
        assert not SendingDomain.objects.exists()


def test_a_domain_that_mail_was_sent_from_stays(tenant: Tenant, domain: SendingDomain) -> None:
    spec = SubmissionSpec(
        from_=Mailbox(address="a@news.acme.test"),
        to=(Mailbox(address="b@gmail.test"),),
        subject="s",
        text="t",
    )
    submit(tenant_id=tenant.pk, spec=spec)
    answer = text(person(tenant).post(at("domain_remove", domain.pk), follow=True))
    assert "(domain_in_use)" in answer
    with tenant_scope(tenant.pk):
        assert SendingDomain.objects.get(pk=domain.pk).dkim_keys.count() == 2


def test_the_shared_link_shows_the_records_to_anybody_and_nothing_of_the_organization(
    tenant: Tenant, domain: SendingDomain
) -> None:
    shown = Client(headers={"Accept-Language": "en"}).get(reverse("dns_share", args=[share_token(domain)]))
    assert shown.status_code == 200
    assert "Acme" not in text(shown).replace("news.acme.test", "")
    assert f"{domain.label}.rp.relay.test" in text(shown)
    assert shown["Cache-Control"] == "private, no-store"
    assert shown["X-Robots-Tag"] == "noindex, nofollow"
    assert "sessionid" not in shown.cookies
    zone = Client().get(reverse("dns_share_zone", args=[share_token(domain)]))
    assert len(zone.content.decode().splitlines()) == 7


def test_a_shared_link_ends_after_seven_days_and_cannot_be_made_up(
    tenant: Tenant, domain: SendingDomain, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = share_token(domain)
    assert Client().get(reverse("dns_share", args=[token[:-9] + token[-8:]])).status_code == 404
    assert Client().get(reverse("dns_share", args=["nonsense"])).status_code == 404
    other = signing.dumps([domain.tenant_id.hex, domain.pk], salt="another purpose")
    assert Client().get(reverse("dns_share", args=[other])).status_code == 404
    later = time.time() + LIFETIME.total_seconds() + 5
    monkeypatch.setattr("django.core.signing.time.time", lambda: later)
    assert Client().get(reverse("dns_share", args=[token])).status_code == 410


def test_revoked_links_lead_nowhere_and_a_new_one_stands_there(tenant: Tenant, domain: SendingDomain) -> None:
    token = share_token(domain)
    answer = text(person(tenant).post(at("domain_share_revoke", domain.pk), follow=True))
    assert "lead nowhere now" in answer
    assert Client().get(reverse("dns_share", args=[token])).status_code == 404
    with tenant_scope(tenant.pk):
        domain.refresh_from_db()
    new = share_token(domain)
    assert new in answer
    assert Client().get(reverse("dns_share", args=[new])).status_code == 200


def test_a_link_to_a_domain_that_is_gone_leads_nowhere(tenant: Tenant, domain: SendingDomain) -> None:
    token = signing.dumps([domain.tenant_id.hex, 999_999, 0], salt=SALT)
    assert Client().get(reverse("dns_share", args=[token])).status_code == 404


def test_a_sender_form_keeps_what_was_written_and_says_how_to_verify(
    tenant: Tenant, domain: SendingDomain
) -> None:
    client = person(tenant)
    hostile = "<img src=x onerror=alert(1)>"
    wrong = client.post(at("sender_new"), {"name": hostile, "address": "a@elsewhere.test"})
    assert wrong.status_code == 422
    assert hostile not in wrong.content.decode()
    assert "none of your sending domains" in text(wrong)
    client.post(at("sender_new"), {"name": hostile, "address": "a@news.acme.test", "reply_to": ""})
    listed = client.get(at("senders")).content.decode()
    assert "a@news.acme.test" in listed
    assert hostile not in listed
