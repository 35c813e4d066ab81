"""Every page once in each look: picture, axe, policy, hosts, width, language."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.browser.site import Look, Site
from tests.browser.stops import Address, Open, Stop, opened, visit, visits

__all__ = ["Address", "Open", "Stop", "opened"]

STATES = ("draft", "faulty", "scheduled", "launching", "sending", "paused", "sent", "cancelled")
JOB_STATES = ("waiting", "running", "done", "failed", "cancelled")


def _fail_to_sign_in(page: Page) -> None:
    page.locator("#id_login").fill("nobody@hinode.test")
    page.locator("#id_password").fill("wrong")
    page.locator("form[action$='/login/'] button").click()
    page.get_by_role("alert").wait_for()


def _ask_for_reset(page: Page) -> None:
    page.locator("#id_email").fill("owner")
    page.locator("form[action$='/reset/'] button").click()
    page.get_by_role("alert").wait_for()


def _press_send(page: Page) -> None:
    for box in page.locator("[name=checked]").all():
        box.check()
    page.locator("#send-form .btn-primary").click()
    page.locator("#confirm[open]").wait_for()


def _press_schedule(page: Page) -> None:
    for box in page.locator("[name=checked]").all():
        box.check()
    page.locator("#id_at").fill("2020-01-01T10:00")
    page.locator("#send-form [formaction]").click()
    page.locator("#confirm [value=ok]").click()
    page.get_by_role("alert").first.wait_for()


def _press_test(page: Page) -> None:
    for box in page.locator("[name=addresses]").all():
        box.uncheck()
    page.locator("form[action$='/test/'] button").click()
    page.get_by_role("alert").first.wait_for()


def _open_row(page: Page) -> None:
    page.locator(".row-acts summary").first.click()


def _spoil_tags(page: Page) -> None:
    page.locator("#id_tags").fill("長い" * 30)
    page.locator("main form .btn-primary").click()
    page.get_by_role("alert").first.wait_for()


def _post_without_right(page: Page) -> None:
    """An analyst has no button; somebody sends the form all the same."""
    page.evaluate(
        """() => { const form = document.createElement("form");
        form.method = "post"; form.action = location.pathname + "launch/";
        form.append(document.querySelector("[name=csrfmiddlewaretoken]").cloneNode());
        document.body.append(form); form.submit(); }"""
    )
    page.locator(".error-facts").wait_for()


def _open_menu(page: Page) -> None:
    toggler = page.locator(".navbar-toggler")
    if toggler.is_visible():
        toggler.click()
        page.locator("#sidebar-menu.show").wait_for()
    page.locator(".sidebar .menu.tenant summary").click()


def _press_slash(page: Page) -> None:
    """The key leads to the field, also where the side bar is folded away."""
    page.locator("h1").click()
    page.keyboard.press("/")
    page.locator("[data-search]:focus").wait_for()


def _stop_mail(page: Page) -> None:
    stop = page.locator("button[value=unsubscribe]")
    if stop.count():
        stop.click()
    page.locator("button[value=undo]").wait_for()


def _read_mail(tab: str) -> Callable[[Page], None]:
    def act(page: Page) -> None:
        page.locator(".rows a").first.click()
        page.locator(f".tabs a[href*='tab={tab}']").click()

    return act


def _press_red_switch(page: Page) -> None:
    page.locator("#red_what").select_option(index=1)
    page.locator("#red_reason").fill("ブロックリストに登録された / listed")
    page.locator("#stop .btn-danger").click()
    page.locator("#confirm[open]").wait_for()


def _press_without_reason(page: Page) -> None:
    page.locator("#red_reason").evaluate("field => field.required = false")
    page.locator("#stop .btn-danger").click()
    page.locator("#confirm [value=ok]").click()
    page.get_by_role("alert").first.wait_for()


def _open_bounces(page: Page) -> None:
    page.locator("main th a.row-title").first.click()
    page.locator("#group_reason").wait_for()


def _press_undo(page: Page) -> None:
    _open_bounces(page)
    page.locator("#group_reason").fill("受信側の障害 / an outage of theirs")
    page.locator("main form .btn-primary").click()
    page.locator("#confirm[open]").wait_for()


def _press_undo_without_reason(page: Page) -> None:
    _open_bounces(page)
    page.locator("#group_reason").evaluate("field => field.required = false")
    page.locator("main form .btn-primary").click()
    page.locator("#confirm [value=ok]").click()
    page.get_by_role("alert").first.wait_for()


def _open_source(page: Page) -> None:
    page.locator("main summary").first.click()


def _open_transcript(page: Page) -> None:
    page.locator(".timeline summary").first.click()


def _add_nobody(page: Page) -> None:
    page.locator("#id_email").fill("nobody")
    page.locator("main form .btn-primary").click()
    page.get_by_role("alert").first.wait_for()


def _open_row(page: Page) -> None:
    page.locator("main tbody a.row-title").first.click()
    page.locator("main .facts").first.wait_for()


def _open_contact(page: Page) -> None:
    _open_row(page)
    page.locator("#history").wait_for()


def _ask_why(page: Page) -> None:
    _open_contact(page)
    page.locator("#history form .btn-primary").click()
    page.locator("#history .alert").wait_for()


def _follow(end: str) -> Callable[[Page], None]:
    def act(page: Page) -> None:
        _open_row(page)
        page.locator(f".page-actions a[href$='{end}']").click()
        page.locator(f"main form[action$='{end}']").wait_for()

    return act


def _paste_nobody(page: Page) -> None:
    page.locator("#id_addresses").fill("nobody\nhanako..sato@@docomo.test")
    page.locator("#id_detail").fill("退職 / left the company")
    page.locator("main form .btn-primary").click()
    page.locator("main .alert").first.wait_for()


def _remove_one(page: Page) -> None:
    page.locator("main tbody a[href$='/remove/']").first.click()
    page.locator("#id_reason").wait_for()


def _press_stop(page: Page) -> None:
    page.locator("#live .btn-outline-danger").click()
    page.locator("#confirm[open]").wait_for()


def job(state: str) -> Address:
    """The page of the job in that state."""
    return lambda site: site.at(f"jobs/{site.world.jobs[state]}/")


def ops(path: str = "") -> Address:
    """An operators' page."""
    return lambda site: site.ops(path)


def campaign(key: str, path: str = "") -> Address:
    """The page of the campaign of that name, or one below it."""
    return lambda site: site.page_of(key) + path


def review(key: str) -> Address:
    """The last look at the campaign of that name."""
    return lambda site: site.campaign(site.world.campaigns[key], "review/")


def tags(site: Site) -> str:
    """The page of a campaign's tags."""
    return site.campaign(site.world.campaigns["sent"], "tags/")


def preview(look: str, key: str = "draft") -> Address:
    """The preview in one look."""
    return lambda site: site.campaign(site.world.campaigns[key], f"preview/?look={look}")


STOPS = (
    Stop(name="welcome", address=lambda site: f"{site.web}/", who=""),
    Stop(name="status", address=lambda site: f"{site.web}/status/", who=""),
    Stop(name="email", address=lambda site: f"{site.web}/accounts/email/"),
    Stop(name="reports", address=lambda site: site.at("reports/")),
    Stop(name="reports-empty", address=lambda site: f"{site.web}/o/{site.world.empty.slug}/reports/"),
    Stop(name="sign-in", address=lambda site: f"{site.web}/accounts/login/", who=""),
    Stop(
        name="sign-in-refused",
        address=lambda site: f"{site.web}/accounts/login/",
        who="",
        act=_fail_to_sign_in,
    ),
    Stop(name="password-reset", address=lambda site: f"{site.web}/accounts/password/reset/", who=""),
    Stop(
        name="password-reset-refused",
        address=lambda site: f"{site.web}/accounts/password/reset/",
        who="",
        act=_ask_for_reset,
    ),
    Stop(
        name="password-reset-done", address=lambda site: f"{site.web}/accounts/password/reset/done/", who=""
    ),
    Stop(name="password-change", address=lambda site: f"{site.web}/accounts/password/change/"),
    Stop(name="sign-out", address=lambda site: f"{site.web}/accounts/logout/"),
    Stop(name="no-organization", address=lambda site: f"{site.web}/", who="newcomer"),
    Stop(name="home", address=lambda site: site.at()),
    Stop(name="home-menu", address=lambda site: site.at(), act=_open_menu),
    Stop(name="home-empty", address=lambda site: f"{site.web}/o/{site.world.empty.slug}/"),
    Stop(name="campaigns", address=lambda site: site.at("campaigns/")),
    Stop(name="campaigns-paused", address=lambda site: site.at("campaigns/?state=paused")),
    Stop(name="campaigns-no-match", address=lambda site: site.at("campaigns/?state=nonsense")),
    Stop(name="campaigns-empty", address=lambda site: f"{site.web}/o/{site.world.empty.slug}/campaigns/"),
    *(Stop(name=f"campaign-{state}", address=campaign(state)) for state in STATES),
    Stop(name="campaign-analyst", address=campaign("sending"), who="analyst"),
    Stop(name="review", address=review("draft")),
    Stop(name="review-faulty", address=review("faulty")),
    Stop(name="review-analyst", address=review("draft"), who="analyst"),
    Stop(name="review-send", address=review("draft"), act=_press_send),
    Stop(name="review-past", address=review("draft"), act=_press_schedule),
    Stop(name="test-send-refused", address=review("draft"), act=_press_test),
    Stop(name="campaigns-actions", address=lambda site: site.at("campaigns/"), act=_open_row),
    Stop(name="campaigns-archived", address=lambda site: site.at("campaigns/?archived=1")),
    Stop(name="campaign-tags", address=tags, act=_spoil_tags),
    *(Stop(name=f"preview-{look}", address=preview(look)) for look in ("desktop", "phone", "text")),
    Stop(name="preview-faulty", address=preview("desktop", "faulty")),
    Stop(name="report", address=campaign("sent", "report/")),
    Stop(name="report-days", address=campaign("sent", "report/?period=days&machines=1"), who="analyst"),
    Stop(name="report-running", address=campaign("sending", "report/")),
    Stop(name="recipients", address=campaign("sent", "recipients/")),
    Stop(name="recipients-none", address=campaign("sent", "recipients/?state=complained")),
    Stop(name="search", address=lambda site: site.at("search/"), act=_press_slash),
    Stop(name="search-found", address=lambda site: site.at("search/?q=%E5%86%AC")),
    Stop(name="search-contact", address=lambda site: site.at("search/?q=akari")),
    Stop(name="search-none", address=lambda site: site.at("search/?q=zzzz")),
    Stop(name="messages-refused", address=lambda site: site.at("messages/?begin=2026-02-02&end=2026-02-01")),
    Stop(name="messages", address=lambda site: site.at("messages/")),
    Stop(name="messages-no-match", address=lambda site: site.at("messages/?q=nobody@gmail.test")),
    Stop(name="messages-empty", address=lambda site: f"{site.web}/o/{site.world.empty.slug}/messages/"),
    Stop(name="domains", address=lambda site: site.at("domains/")),
    Stop(name="domains-empty", address=lambda site: f"{site.web}/o/{site.world.empty.slug}/domains/"),
    Stop(
        name="message",
        address=lambda site: site.at(f"messages/{site.word}/"),
        act=_open_transcript,
        leads=True,
    ),
    Stop(name="not-found", address=lambda site: site.at("campaigns/999999/")),
    Stop(name="not-allowed", address=campaign("draft"), who="analyst", act=_post_without_right),
    *(
        Stop(name=f"ops-{path.strip('/')}", address=ops(path), who="operator")
        for path in (
            "providers/",
            "lanes/",
            "policies/",
            "sources/",
            "doubts/",
            "hosts/",
            "messages/",
            "bounces/",
            "mail/",
            "restored/",
        )
    ),
    Stop(name="ops", address=ops(), who="operator"),
    Stop(name="ops-stop", address=ops(), who="operator", act=_press_red_switch),
    Stop(name="ops-stop-refused", address=ops(), who="operator", act=_press_without_reason),
    Stop(name="ops-provider", address=ops("providers/900/"), who="operator"),
    Stop(name="ops-lanes-empty", address=ops("lanes/?stream=0"), who="operator"),
    Stop(name="ops-message", address=lambda site: site.ops(f"messages/?q={site.word}"), who="operator"),
    Stop(name="ops-message-none", address=ops("messages/?q=nonsense"), who="operator"),
    Stop(name="ops-bounces-undo", address=ops("bounces/"), who="operator", act=_press_undo),
    Stop(name="ops-bounces-group", address=ops("bounces/"), who="operator", act=_open_bounces),
    Stop(name="ops-bounces-refused", address=ops("bounces/"), who="operator", act=_press_undo_without_reason),
    Stop(name="ops-mail-done", address=ops("mail/?done=1"), who="operator"),
    Stop(
        name="ops-mail-open",
        address=lambda site: site.ops(f"mail/{site.world.mail}/"),
        who="operator",
        act=_open_source,
    ),
    Stop(name="contacts", address=lambda site: site.at("contacts/")),
    Stop(name="contacts-search", address=lambda site: site.at("contacts/?q=a")),
    Stop(name="contacts-no-match", address=lambda site: site.at("contacts/?q=nobody")),
    Stop(name="contacts-empty", address=lambda site: f"{site.web}/o/{site.world.empty.slug}/contacts/"),
    Stop(name="contacts-add", address=lambda site: site.at("contacts/add/")),
    Stop(name="contacts-add-refused", address=lambda site: site.at("contacts/add/"), act=_add_nobody),
    Stop(name="contacts-one", address=lambda site: site.at("contacts/"), act=_open_contact, leads=True),
    Stop(name="contacts-one-why", address=lambda site: site.at("contacts/"), act=_ask_why),
    Stop(name="contacts-edit", address=lambda site: site.at("contacts/"), act=_follow("edit/"), leads=True),
    Stop(
        name="contacts-delete", address=lambda site: site.at("contacts/"), act=_follow("delete/"), leads=True
    ),
    Stop(name="contacts-lists", address=lambda site: site.at("lists/")),
    Stop(name="contacts-lists-archived", address=lambda site: site.at("lists/?archived=1")),
    Stop(name="contacts-list", address=lambda site: site.at(f"lists/{site.world.mailing_list.pk}/")),
    Stop(name="contacts-fields", address=lambda site: site.at("fields/")),
    Stop(name="contacts-fields-empty", address=lambda site: f"{site.web}/o/{site.world.empty.slug}/fields/"),
    Stop(name="contacts-field", address=lambda site: site.at("fields/"), act=_open_row, leads=True),
    Stop(
        name="suppressions-add",
        address=lambda site: site.at("suppressions/add/"),
        act=_paste_nobody,
        leads=True,
    ),
    Stop(name="suppressions-import", address=lambda site: site.at("suppressions/import/")),
    Stop(
        name="suppressions-remove", address=lambda site: site.at("suppressions/"), act=_remove_one, leads=True
    ),
    Stop(name="suppressions", address=lambda site: site.at("suppressions/")),
    Stop(name="suppressions-no-match", address=lambda site: site.at("suppressions/?q=nobody@gmail.test")),
    Stop(
        name="suppressions-empty", address=lambda site: f"{site.web}/o/{site.world.empty.slug}/suppressions/"
    ),
    Stop(name="jobs", address=lambda site: site.at("jobs/")),
    Stop(name="jobs-empty", address=lambda site: f"{site.web}/o/{site.world.empty.slug}/jobs/"),
    *(Stop(name=f"job-{state}", address=job(state)) for state in JOB_STATES),
    Stop(name="job-stop", address=job("running"), act=_press_stop),
    Stop(name="job-analyst", address=job("done"), who="analyst"),
    Stop(name="unsubscribe", address=lambda site: site.unsubscribe(), who=""),
    Stop(name="unsubscribed", address=lambda site: site.unsubscribe(), who="", act=_stop_mail),
    Stop(name="unknown-link", address=lambda site: site.unsubscribe() + "x", who=""),
    Stop(name="mailboxes", address=lambda site: f"{site.mailboxes}/", who=""),
    Stop(name="mailboxes-no-match", address=lambda site: f"{site.mailboxes}/?q=nobody", who=""),
    Stop(name="mailbox", address=lambda site: f"{site.mailboxes}/mailboxes/akari.hino@gmail.test", who=""),
    *(
        Stop(
            name=f"mailbox-{tab}",
            address=lambda site: f"{site.mailboxes}/mailboxes/akari.hino@gmail.test",
            who="",
            act=_read_mail(tab),
        )
        for tab in ("rendered", "source", "verdicts", "envelope")
    ),
)


@pytest.mark.parametrize(("stop", "look"), visits(STOPS))
def test_a_visit_finds_nothing_to_complain_about(site: Site, opened: Open, stop: Stop, look: Look) -> None:
    visit(site, opened, stop, look)
