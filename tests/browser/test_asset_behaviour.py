"""The page of a domain renews itself; what others wrote into templates and pictures never acts."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from accounts.audit import SYSTEM
from accounts.models import SendingDomain
from accounts.tenancy import tenant_scope
from campaigns.services.templates import TemplateDraft, create_template
from tests.browser.assets import checked
from tests.browser.site import Look, Site
from tests.browser.story import HOSTILE
from tests.browser.test_hostile import BODIES, FOOT, Evil, evil, press, watch

__all__ = ["evil"]


@pytest.fixture
def context(site: Site) -> Iterator[BrowserContext]:
    """The owner's browser."""
    with site.open(Look(), site.world.owner) as context:
        yield context


@pytest.fixture
def domain(site: Site) -> Iterator[SendingDomain]:
    """One that still waits for a record."""
    with tenant_scope(site.world.tenant.pk):
        made = SendingDomain.objects.create(
            tenant_id=site.world.tenant.pk, name=f"renews.{site.world.tenant.slug}.test", label="renews"
        )
    yield checked(made, missing=("tracking",))
    with tenant_scope(site.world.tenant.pk):
        made.delete()


def test_the_page_of_a_domain_renews_itself_until_all_is_right(
    site: Site, context: BrowserContext, domain: SendingDomain
) -> None:
    page = context.new_page()
    page.goto(site.at(f"domains/{domain.pk}/"))
    expect(page.locator("#records .alert")).to_contain_text("6 of 7 records are right")
    domain.state = SendingDomain.State.VERIFIED
    checked(domain, missing=())
    expect(page.locator("#records .alert")).to_contain_text("All records are right")
    expect(page.locator("#records[data-poll]")).to_have_count(0)


def test_names_are_shown_as_text(site: Site, context: BrowserContext) -> None:
    page, did = watch(context)
    for path in ("templates/", "media/", "senders/"):
        page.goto(site.at(path))
        expect(page.get_by_text(HOSTILE).first).to_be_visible()
        assert page.locator("img[src='x']").count() == 0
    assert did == []


def test_a_template_in_the_editor_runs_no_script_and_asks_nobody(
    site: Site, context: BrowserContext, evil: Evil
) -> None:
    # A link to a script is refused before anything is shown.
    shown = (body for kind, body in BODIES.items() if kind != "javascript link")
    body = "".join(shown).replace("https://evil.test", evil.address)
    html = f"<html><head></head><body>{FOOT}{body}</body></html>"
    draft = TemplateDraft(name="Hostile", markup="html", html_source=html)
    template = create_template(tenant_id=site.world.tenant.pk, draft=draft, actor=SYSTEM)
    page, did = watch(context)
    page.goto(site.at(f"templates/{template.pk}/"), wait_until="load")
    page.wait_for_load_state("networkidle")
    assert_harmless(page, did, evil)


def assert_harmless(page: Page, did: list[str], evil: Evil) -> None:
    """Nothing ran, nobody was asked, nothing left its frame, even where somebody presses what invites."""
    for frame in page.frames[1:]:
        press(page, frame.locator("button, a:has-text('Press')").first)
        assert "evil" not in frame.url
    assert did == []
    assert evil.visits == []
    assert page.evaluate("window.pwned") is None
