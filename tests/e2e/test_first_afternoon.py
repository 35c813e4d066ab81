"""A marketer's first afternoon: from an empty account to a sent campaign, its report and an export."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from scripts.product_run.product import Product, run_python
from tests.browser.chromium import chromium, find
from tests.e2e.hands import Hands, Keyboard, Mouse

SCENARIO = "whole"
SETTINGS = {"RELAY_UNDO_SECONDS": "3"}
PEOPLE = 12
LOCALES = {"ja": "ja-JP", "en": "en-GB"}
LIST = {"ja": "お客さま", "en": "Customers"}
SUBJECT = {"ja": "{{ contact.last_name }}様、春のお知らせ", "en": "{{ contact.last_name }}, spring is here"}
#: Sending, DNS and jobs take their time on a busy machine; milliseconds.
PATIENCE = 60_000


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium(find()) as browser:
        yield browser


@dataclass(frozen=True, slots=True, kw_only=True)
class Afternoon:
    """One person, one language, one way to use a page."""

    product: Product
    page: Page
    hands: Hands
    language: str
    #: What `newcomer make` said.
    who: dict[str, str]
    file: Path

    @property
    def domain(self) -> str:
        """The one that the mail comes from."""
        return f"news.{self.who['slug']}.test"

    def at(self, path: str = "") -> str:
        """A page of the organization."""
        return f"http://127.0.0.1:{self.product.ports.web}/o/{self.who['slug']}/{path}"

    def into(self, path: str) -> None:
        """Follows the link of the page that leads there."""
        self.hands.press(self.page.locator(f"main a[href$='/{path}']:visible").first)
        self.page.wait_for_url(re.compile(re.escape(path)))


@pytest.fixture(params=[("ja", "mouse"), ("en", "mouse"), ("en", "keyboard")], ids="-".join)
def afternoon(
    request: pytest.FixtureRequest, product: Product, browser: Browser, tmp_path: Path
) -> Iterator[Afternoon]:
    language, way = request.param
    told = run_python("-m", "scripts.product_run.newcomer", "make", language, environment=product.environment)
    file = tmp_path / "customers.csv"
    rows = [f"person{number}@gmail.test,佐藤{number},花" for number in range(PEOPLE)]
    file.write_text("\r\n".join(["メールアドレス,姓,名", *rows, "nobody@,田中,太郎", ""]), encoding="cp932")
    with browser.new_context(locale=LOCALES[language], accept_downloads=True) as context:
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        yield Afternoon(
            product=product,
            page=page,
            hands=Mouse() if way == "mouse" else Keyboard(page),
            language=language,
            who=json.loads(told.splitlines()[-1]),
            file=file,
        )


def sign_in(it: Afternoon) -> None:
    page, hands = it.page, it.hands
    page.goto(it.at())
    hands.write(page.locator("#id_login"), it.who["email"])
    hands.write(page.locator("#id_password"), it.who["password"])
    hands.press(page.locator("form[action$='/login/'] button[type=submit]"))
    page.locator(".sidebar").wait_for()
    assert page.locator("html").get_attribute("lang") == it.language


def verify_a_domain(it: Afternoon) -> None:
    page, hands = it.page, it.hands
    it.into("domains/")
    hands.write(page.locator("#id_name"), it.domain)
    hands.press(page.locator("main form:has(#id_name) button[type=submit]"))
    page.locator("#records").wait_for()
    run_python(
        *("-m", "scripts.product_run.newcomer", "publish", it.who["tenant"], it.domain),
        environment=it.product.environment,
    )
    hands.press(page.locator("form[action$='/check/'] button"))
    expect(page.locator("#domain-state .state-ok")).to_be_visible(timeout=PATIENCE)


def import_people(it: Afternoon) -> None:
    page, hands = it.page, it.hands
    page.goto(it.at())
    it.into("contacts/import/new/")
    hands.give(page.locator("#id_file"), it.file)
    hands.write(page.locator("#id_new_list"), LIST[it.language])
    hands.tick(page.locator("[name=consent]").first)
    hands.press(page.locator("main form.stack .btn-primary"))
    hands.press(page.locator("button[value=next]"))
    page.locator("#id_target_0").wait_for()
    hands.press(page.locator("main form.stack .btn-primary"))
    hands.press(page.locator("form[action$='/start/'] button"))
    hands.press(page.locator("#confirm[open] [value=ok]"))
    page.locator("a[href*='errors.csv']").first.wait_for()
    expect(page.locator("main")).to_contain_text(str(PEOPLE))


def write_a_campaign(it: Afternoon) -> None:
    page, hands = it.page, it.hands
    page.goto(it.at())
    hands.press(page.locator(".page-actions a"))
    hands.write(page.locator("main #id_name"), "Spring")
    hands.press(page.locator("main form .btn-primary"))
    hands.write(page.locator("#id_subject"), SUBJECT[it.language])
    hands.write(page.locator("#id_from_name"), "Hajime")
    hands.write(page.locator("#id_from_local"), "hello")
    hands.choose(page.locator("#id_from_domain"), it.domain)
    hands.press(page.locator("button[value=next]"))
    hands.tick(page.locator("#id_mailing_list_id_0"))
    hands.press(page.locator("button[value=next]"))
    page.locator("#id_html_source").wait_for()
    hands.press(page.locator("button[value=next]"))
    page.wait_for_url("**/review/")


def send_it(it: Afternoon) -> None:
    page, hands = it.page, it.hands
    hands.press(page.locator("form[action$='/test/'] button"))
    page.locator("#toasts .toast-note").first.wait_for()
    for number in range(page.locator("[name=checked]").count()):
        hands.tick(page.locator("[name=checked]").nth(number))
    hands.press(page.locator("form[action$='/launch/'] button.btn-primary"))
    hands.press(page.locator("#confirm[open] [value=ok]"))
    expect(page.locator("form[action$='/undo/']").first).to_be_visible()
    page.locator("a[href$='/report/']").first.wait_for()


def read_the_report(it: Afternoon) -> Path:
    page, hands = it.page, it.hands
    it.into("report/")
    expect(page.locator(".tiles").first).to_contain_text(str(PEOPLE))
    it.into("recipients/")
    expect(page.locator("main table tbody tr")).to_have_count(PEOPLE)
    hands.press(page.locator("form[action$='/export/'] button"))
    with page.expect_download() as download:
        hands.press(page.locator("main a[href$='/file/']"))
    return download.value.path()


def test_from_an_empty_account_to_a_report_and_an_export(afternoon: Afternoon) -> None:
    sign_in(afternoon)
    verify_a_domain(afternoon)
    import_people(afternoon)
    write_a_campaign(afternoon)
    send_it(afternoon)
    rows = read_the_report(afternoon).read_text(encoding="utf-8-sig").splitlines()
    assert len(rows) == 1 + PEOPLE
    assert sum("person3@gmail.test" in row for row in rows) == 1
