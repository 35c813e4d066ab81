"""The routes: who may, what they answer, and that a deed is done by POST alone."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.audit import SYSTEM
from accounts.models import Role, Tenant, User
from accounts.services.tenants import add_member
from accounts.tenancy import tenant_scope
from campaigns.models import Campaign, Contact
from relay_saas.web.csp import mail_view_policy
from tests.campaigns.conftest import HTML
from tests.campaigns.kinds import Load, Write

DEEDS = ("launch", "pause", "resume", "cancel")


def person(tenant: Tenant, name: str, role: Role) -> Client:
    user = User.objects.create_user(f"{name}@{tenant.slug}.test")
    add_member(tenant_id=tenant.id, user=user, role=role, actor=SYSTEM)
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def marketer(tenant: Tenant) -> Client:
    """May send."""
    return person(tenant, "alice", Role.MARKETER)


def url(name: str, campaign: Campaign, *more: object) -> str:
    return reverse(f"campaigns:{name}", args=["acme", campaign.pk, *more])


def state_of(campaign: Campaign) -> str:
    with tenant_scope(campaign.tenant_id):
        return Campaign.objects.get(pk=campaign.pk).state


def contact_of(campaign: Campaign, key: str = "ann@gmail.test") -> Contact:
    with tenant_scope(campaign.tenant_id):
        return Contact.objects.get(email_key=key)


def words(client: Client) -> str:
    """The notices that the next page shows."""
    return client.get("/o/acme/campaigns/").content.decode()


def test_launch_goes_back_to_the_campaign_and_a_double_click_is_harmless(
    marketer: Client, draft: Campaign
) -> None:
    for _ in range(2):
        answer = marketer.post(url("launch", draft), {"checked": ["not_tested", "night"]})
        assert answer.status_code == 302
        assert answer["Location"] == f"/o/acme/campaigns/{draft.pk}/"
    assert state_of(draft) == "scheduled"


def test_a_refused_launch_says_why(marketer: Client, draft: Campaign, write: Write) -> None:
    faulty = write(subject="Hi {{ contact.frist_name }}")
    answer = marketer.post(url("launch", faulty))
    assert answer.status_code == 422
    assert "Did you mean contact.first_name?" in answer.content.decode()
    assert state_of(faulty) == "draft"


def test_pause_resume_and_cancel(marketer: Client, sending: Campaign) -> None:
    for name, state in (
        ("pause", "paused"),
        ("resume", "sending"),
        ("cancel", "cancelled"),
        ("cancel", "cancelled"),
    ):
        assert marketer.post(url(name, sending)).status_code == 302
        assert state_of(sending) == state
    assert marketer.post(url("resume", sending)).status_code == 302
    assert "(already_cancelled)" in words(marketer)


@pytest.mark.parametrize("name", DEEDS)
def test_reading_a_deeds_address_does_nothing(marketer: Client, sending: Campaign, name: str) -> None:
    for method in (marketer.get, marketer.head, marketer.options):
        assert method(url(name, sending)).status_code == 405
    assert state_of(sending) == "sending"


@pytest.mark.parametrize("name", DEEDS)
def test_an_analyst_looks_and_does_not_touch(tenant: Tenant, sending: Campaign, name: str) -> None:
    analyst = person(tenant, "ann", Role.ANALYST)
    assert analyst.post(url(name, sending)).status_code == 403
    assert analyst.get(url("preview", sending)).status_code == 200
    assert state_of(sending) == "sending"


@pytest.mark.parametrize("name", [*DEEDS, "preview"])
def test_outsiders_find_nothing_and_strangers_sign_in(
    other_tenant: Tenant, sending: Campaign, name: str
) -> None:
    outsider = person(other_tenant, "charlie", Role.OWNER)
    ask = "get" if name == "preview" else "post"
    assert getattr(outsider, ask)(url(name, sending)).status_code == 404
    assert getattr(Client(), ask)(url(name, sending))["Location"].startswith("/accounts/login/")
    foreign = reverse(f"campaigns:{name}", args=["globex", sending.pk])
    answer = getattr(outsider, ask)(foreign)
    never = getattr(outsider, ask)(reverse(f"campaigns:{name}", args=["globex", 10**9]))
    assert answer.status_code == never.status_code == 404
    assert state_of(sending) == "sending"


def test_the_preview_shows_the_first_person_and_any_other(marketer: Client, draft: Campaign) -> None:
    assert "Hello Ann" in marketer.get(url("preview", draft)).content.decode()
    bob = contact_of(draft, "bob@gmail.test")
    page = marketer.get(url("preview", draft), {"contact": bob.pk}).content.decode()
    assert "Hello Bob" in page
    assert url("preview_html", draft, bob.pk) in page


def test_the_text_part_is_shown_as_text(marketer: Client, draft: Campaign) -> None:
    page = marketer.get(url("preview", draft), {"look": "text"}).content.decode()
    assert "Unsubscribe ( #unsubscribe )" in page
    assert "<iframe" not in page


@pytest.mark.parametrize("wanted", ["0", "x", "-1", "9" * 40, "１"])
def test_a_person_that_does_not_exist_is_not_found(marketer: Client, draft: Campaign, wanted: str) -> None:
    assert marketer.get(url("preview", draft), {"contact": wanted}).status_code == 404


def test_the_mail_is_a_document_of_its_own_in_a_sandbox(marketer: Client, draft: Campaign) -> None:
    answer = marketer.get(url("preview_html", draft, contact_of(draft).pk))
    assert answer["Content-Security-Policy"] == mail_view_policy(images="own")
    assert "sandbox" in answer["Content-Security-Policy"]
    assert answer["X-Robots-Tag"] == "noindex, nofollow"
    body = answer.content.decode()
    assert "Hello Ann" in body
    assert "https://shop.acme.test/new?m=ann%40gmail.test" in body
    assert "relay_" not in body


def test_values_are_escaped_in_the_mail_and_never_rendered_again(
    marketer: Client, load: Load, write: Write
) -> None:
    load('email,first_name\neve@gmail.test,"<script>{{ settings.SECRET_KEY }}"\n')
    campaign = write()
    body = marketer.get(
        url("preview_html", campaign, contact_of(campaign, "eve@gmail.test").pk)
    ).content.decode()
    assert "&lt;script&gt;{{ settings.SECRET_KEY }}" in body


def test_a_template_that_does_not_parse_is_explained_on_the_page(
    marketer: Client, draft: Campaign, write: Write
) -> None:
    faulty = write(html_source=HTML.replace("{{ contact.email", "{{ contact.email | nonsense"))
    answer = marketer.get(url("preview", faulty))
    assert answer.status_code == 200
    assert "(template_problem)" in answer.content.decode()
    assert marketer.get(url("preview_html", faulty, contact_of(faulty).pk)).status_code == 422


def test_a_draft_shows_its_check_list(marketer: Client, draft: Campaign, write: Write) -> None:
    assert "Nothing stands in the way" in marketer.get(url("preview", draft)).content.decode()
    assert "The subject is empty." in marketer.get(url("preview", write(subject=""))).content.decode()


def test_an_empty_list_says_what_to_do(marketer: Client, write: Write) -> None:
    assert "Import contacts into the list" in marketer.get(url("preview", write())).content.decode()
