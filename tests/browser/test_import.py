"""The whole import, in Japanese on a phone: a messy file of a spreadsheet, from the upload to undoing it."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from accounts.models import Job
from accounts.services import job_runs
from accounts.tenancy import tenant_scope
from campaigns.models import Subscription
from tests.browser.site import Look, Site
from tests.browser.visit import Watch

FILE = Path(__file__).resolve().parent.parent / "data" / "contacts-messy-shiftjis.csv"
LOOKS = (Look(language="ja", width=390), Look(language="en", width=1366))


@pytest.fixture(params=LOOKS, ids=str)
def look(request: pytest.FixtureRequest) -> Look:
    return request.param


@pytest.fixture
def watch(site: Site, look: Look) -> Iterator[Watch]:
    with site.open(look, site.world.owner) as context:
        yield Watch(context.new_page(), frozenset({urlsplit(site.web).netloc}))


def work(site: Site) -> None:
    """Does the jobs of the organization that wait, as a worker would."""
    tenant_id = site.world.tenant.pk
    with tenant_scope(tenant_id):
        waiting = list(Job.objects.filter(state="waiting", kind__startswith="contact_import"))
    for job in waiting:
        job_runs.run(tenant_id=tenant_id, job_id=job.pk)


def people(site: Site, name: str) -> int:
    with tenant_scope(site.world.tenant.pk):
        return Subscription.objects.filter(mailing_list__name=name, state="subscribed").count()


def _fill_in(site: Site, watch: Watch, look: Look, name: str) -> None:
    page = watch.page
    page.goto(site.at("contacts/import/new/"))
    page.locator("main form .btn-primary").click()
    page.get_by_role("alert").wait_for()
    watch.check("import-1-refused", look)
    page.locator("#id_file").set_input_files(FILE)
    page.locator("#id_mailing_list").select_option("new")
    page.locator("#id_new_list").fill(name)
    page.locator("[name=consent][value=event]").check()
    page.locator("#id_consent_note").fill("夏の展示会(東京)")
    watch.check("import-1-new", look)
    page.locator("main form .btn-primary").click()
    page.locator("#id_encoding").wait_for()


def _map_and_check(site: Site, watch: Watch, look: Look) -> None:
    page = watch.page
    assert page.locator("#id_encoding").input_value() == "cp932"
    expect(page.locator("main table")).to_contain_text("合同会社鈴木通信")
    watch.check("import-1-file", look)
    page.locator("button[value=next]").click()
    page.locator("#id_target_0").wait_for()
    assert page.locator("#id_target_0").input_value() == "email"
    watch.check("import-2-map", look)
    page.locator("main form.stack .btn-primary").click()
    page.locator("#live[data-poll]").wait_for()
    watch.check("import-3-waiting", look)
    work(site)
    page.locator("form[action$='/start/']").wait_for()
    expect(page.locator(".tiles")).to_contain_text("87")
    watch.check("import-3-check", look)


def _import(site: Site, watch: Watch, look: Look) -> None:
    page = watch.page
    page.locator("form[action$='/start/'] button").click()
    page.locator("#confirm[open]").wait_for()
    watch.check("import-3-confirm", look)
    page.locator("#confirm [value=ok]").click()
    page.locator("form[action$='/stop/']").wait_for()
    watch.check("import-4-running", look)
    page.goto(site.at("contacts/import/"))
    work(site)
    page.reload()
    watch.check("imports", look)
    page.locator("main th a.row-title").first.click()
    page.locator("a[href*='errors.csv']").first.wait_for()
    watch.check("import-4-done", look)


def test_the_wizard_from_the_file_to_its_undoing(site: Site, watch: Watch, look: Look) -> None:
    page, name = watch.page, f"夏の感謝祭 {look}"
    _fill_in(site, watch, look, name)
    _map_and_check(site, watch, look)
    _import(site, watch, look)
    assert people(site, name) > 1600
    with page.expect_download() as got:
        page.locator("a[href$='encoding=cp932']").click()
    assert "暦にない日付" in got.value.path().read_text("cp932") or look.language == "en"
    page.locator("main form[action$='/undo/'] button").click()
    page.locator("#confirm[open] [value=ok]").click()
    page.locator("#live[data-poll]").wait_for()
    work(site)
    page.locator("#live:not([data-poll])").wait_for()
    watch.check("import-5-undone", look)
    assert people(site, name) == 0


def test_nothing_was_imported_yet(site: Site, watch: Watch, look: Look) -> None:
    watch.page.goto(f"{site.web}/o/{site.world.empty.slug}/contacts/import/")
    watch.check("imports-empty", look)
