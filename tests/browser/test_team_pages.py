"""Settings, developers' pages, invitations, operators' pages of organizations: once in each look."""

from uuid import uuid4

import pytest
from playwright.sync_api import Page

from tests.browser.site import Look, Site
from tests.browser.stops import Open, Stop, opened, visit, visits
from tests.browser.test_pages import ops

__all__ = ["opened"]


def _refuse_settings(page: Page) -> None:
    page.locator("#id_name").fill("")
    page.locator("main form .btn-primary").click()
    page.get_by_role("alert").first.wait_for()


def _refuse_invitation(page: Page) -> None:
    page.locator("#id_email").fill("nobody")
    page.locator("main form .btn-primary").first.click()
    page.get_by_role("alert").first.wait_for()


def _press_remove(page: Page) -> None:
    page.locator("main form[action*='/remove/'] button").first.click()
    page.locator("#confirm[open]").wait_for()


def _press_revoke(page: Page) -> None:
    page.locator("main form[action*='/revoke/'] button").first.click()
    page.locator("#confirm[open]").wait_for()


def _create_key(page: Page) -> None:
    page.locator("#id_name").fill(f"アプリ {uuid4().hex[:8]}")
    page.locator("main form .btn-primary").last.click()
    page.locator("[data-copy]").wait_for()


def _choose_scopes(page: Page) -> None:
    # By the keyboard alone: from the first word to the last one, and on to the first box.
    page.locator("[name=access][value=send]").focus()
    for _ in range(3):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.locator(".scopes input:focus").wait_for()


def _refuse_key(page: Page) -> None:
    page.locator("main form .btn-primary").last.click()
    page.get_by_role("alert").first.wait_for()


def _refuse_smtp(page: Page) -> None:
    page.locator("#id_name").fill("会議室の複合機")
    page.locator("#id_allowed_from").fill("*@*.hinode.test\nhttps://hinode.test/")
    page.locator("#id_networks").fill("10.0.0.1/8")
    page.locator("#id_bounce_notice").fill("somebody@elsewhere.test")
    page.locator("main form .btn-primary").click()
    page.get_by_role("alert").first.wait_for()


def _create_smtp(page: Page) -> None:
    page.locator("#id_name").fill(f"会議室の複合機 {uuid4().hex[:8]}")
    page.locator("main form .btn-primary").click()
    page.locator("[data-copy^=rly_smtp_]").wait_for()


def _open_smtp(page: Page) -> None:
    page.get_by_role("link", name="山之内さんの Outlook").click()
    page.locator("main form[action*='/revoke/'] button").wait_for()


def _change_smtp(page: Page) -> None:
    _open_smtp(page)
    page.locator("a[href$='/edit/']").click()
    page.locator("#id_daily_limit").wait_for()


def _press_revoke_smtp(page: Page) -> None:
    _open_smtp(page)
    _press_revoke(page)


def _open_guides(page: Page) -> None:
    page.evaluate("document.querySelectorAll('details.guide').forEach(one => { one.open = true })")


def _refuse_password(page: Page) -> None:
    page.locator("#id_name").fill("山之内 真理子")
    page.locator("#id_password").fill("short")
    page.locator("main form .btn-primary").click()
    page.get_by_role("alert").first.wait_for()


STOPS = (
    Stop(name="settings", address=lambda site: site.at("settings/")),
    Stop(name="settings-refused", address=lambda site: site.at("settings/"), act=_refuse_settings),
    Stop(name="settings-analyst", address=lambda site: site.at("settings/"), who="analyst"),
    Stop(name="members", address=lambda site: site.at("settings/members/")),
    Stop(name="members-analyst", address=lambda site: site.at("settings/members/"), who="analyst"),
    Stop(name="members-remove", address=lambda site: site.at("settings/members/"), act=_press_remove),
    Stop(name="invite-refused", address=lambda site: site.at("settings/members/"), act=_refuse_invitation),
    Stop(name="audit", address=lambda site: site.at("settings/audit/")),
    Stop(name="audit-no-match", address=lambda site: site.at("settings/audit/?until=2001-01-01")),
    Stop(name="audit-refused", address=lambda site: site.at("settings/audit/?since=yesterday")),
    Stop(name="data-export", address=lambda site: site.at("settings/data/")),
    Stop(name="keys", address=lambda site: site.at("developers/keys/")),
    Stop(name="keys-empty", address=lambda site: f"{site.web}/o/{site.world.empty.slug}/developers/keys/"),
    Stop(name="keys-refused", address=lambda site: site.at("developers/keys/"), act=_refuse_key),
    Stop(name="keys-scopes", address=lambda site: site.at("developers/keys/"), act=_choose_scopes),
    Stop(name="key-shown", address=lambda site: site.at("developers/keys/"), act=_create_key),
    Stop(name="key-revoke", address=lambda site: site.at("developers/keys/"), act=_press_revoke),
    Stop(name="smtp", address=lambda site: site.at("developers/smtp/")),
    Stop(name="smtp-empty", address=lambda site: f"{site.web}/o/{site.world.empty.slug}/developers/smtp/"),
    Stop(name="smtp-new", address=lambda site: site.at("developers/smtp/new/")),
    Stop(name="smtp-refused", address=lambda site: site.at("developers/smtp/new/"), act=_refuse_smtp),
    Stop(name="smtp-edit", address=lambda site: site.at("developers/smtp/"), act=_change_smtp),
    Stop(name="smtp-shown", address=lambda site: site.at("developers/smtp/new/"), act=_create_smtp),
    Stop(name="smtp-one", address=lambda site: site.at("developers/smtp/"), act=_open_smtp),
    Stop(name="smtp-revoke", address=lambda site: site.at("developers/smtp/"), act=_press_revoke_smtp),
    Stop(name="smtp-settings", address=lambda site: site.at("developers/smtp/settings/"), act=_open_guides),
    Stop(name="request-log", address=lambda site: site.at("developers/logs/")),
    Stop(name="request-log-no-match", address=lambda site: site.at("developers/logs/?request_id=nothing")),
    Stop(
        name="request-log-empty",
        address=lambda site: f"{site.web}/o/{site.world.empty.slug}/developers/logs/",
    ),
    Stop(name="api-reference", address=lambda site: site.at("developers/reference/")),
    Stop(name="invitation", address=lambda site: site.invitation, who=""),
    Stop(name="invitation-refused", address=lambda site: site.invitation, who="", act=_refuse_password),
    Stop(name="invitation-other", address=lambda site: site.invitation, who="analyst"),
    Stop(name="invitation-gone", address=lambda site: f"{site.web}/accounts/invitation/x/", who=""),
    Stop(name="ops-tenants", address=ops("tenants/"), who="operator"),
    Stop(name="ops-tenants-no-match", address=ops("tenants/?q=nobody"), who="operator"),
    Stop(
        name="ops-tenant",
        address=lambda site: site.ops(f"tenants/{site.world.tenant.pk}/"),
        who="operator",
    ),
    Stop(name="ops-jobs", address=ops("jobs/?all=1"), who="operator"),
    Stop(name="ops-health", address=ops("health/"), who="operator"),
)


@pytest.mark.parametrize(("stop", "look"), visits(STOPS))
def test_a_visit_finds_nothing_to_complain_about(site: Site, opened: Open, stop: Stop, look: Look) -> None:
    visit(site, opened, stop, look)
