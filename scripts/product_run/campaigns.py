"""Lists and campaigns as people make them: a file and two commands, then the dashboard's button."""

import csv
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from relay_saas.embedded.paths import PROJECT
from scripts.accounting.witness import mailbox
from scripts.product_run.dashboard import Dashboard
from scripts.product_run.ledger import Books
from scripts.product_run.product import Product
from scripts.product_run.waiting import must, until

DEMO = PROJECT / "relay_saas" / "console" / "demo"


_TICK = re.compile(r'name="checked" value="([^"]+)"')
_TYPED = re.compile(r'data-confirm-type="(\d*)"')


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """A list that was imported from a file, and its addresses as they stood in it."""

    name: str
    addresses: tuple[str, ...]
    #: The addresses again, a line each, for the accounting.
    frozen: Path


def import_people(product: Product, name: str, rows: Sequence[dict[str, str]]) -> People:
    """Imports rows into a list by the command; all of them have to join it."""
    path = product.data.root / f"{name}.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    said = product.manage(
        *("import_contacts", "--tenant", product.cast.tenant, "--list", name, str(path), "--skip-checks")
    )
    must(f"subscribed: {len(rows)}\n" in said, said)
    addresses = tuple(mailbox(row["email"]) for row in rows)
    frozen = product.data.root / f"{name}.txt"
    frozen.write_text("".join(f"{address}\n" for address in addresses), encoding="utf-8")
    return People(name=name, addresses=addresses, frozen=frozen)


def demo_rows(first: int, count: int, *, domain: str = "") -> list[dict[str, str]]:
    """Rows of the demo's file; with a `domain`, everybody lives there."""
    with (DEMO / "contacts.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))[first : first + count]
    must(len(rows) == count, "the demo has fewer people")
    return [row | {"email": _moved(row["email"], domain)} for row in rows] if domain else rows


def _moved(address: str, domain: str) -> str:
    # Dots in a row or at an end are allowed at some carriers only.
    return f"{address.rpartition('@')[0].replace('..', '.').strip('.')}@{domain}"


def write_campaign(product: Product, people: People, subject: str = "") -> Books:
    """A draft with the demo's newsletter, by the command."""
    said = product.manage(
        *("create_campaign", "--tenant", product.cast.tenant, "--name", f"To {people.name}"),
        *("--list", people.name, "--from", f"news@{product.cast.domain}", "--from-name", "日の出ストア"),
        *("--subject", subject or "{{ contact.last_name }} {{ contact.first_name }}様、11月の新着のお知らせ"),
        *("--html", str(DEMO / "newsletter.mjml"), "--skip-checks"),
    )
    return Books(product.owner, int(said.strip().splitlines()[-1]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Marketer:
    """The person who sends."""

    browser: Dashboard
    tenant: str

    @classmethod
    def of(cls, product: Product) -> "Marketer":
        """Signed in."""
        base = product.environment["RELAY_BASE_URL"]
        cast = product.cast
        browser = Dashboard.signed_in(base, email=cast.marketer, password=cast.password)
        return cls(browser=browser, tenant=cast.tenant)

    def press(self, button: str, books: Books) -> float:
        """Presses launch, pause, resume or cancel; returns the time at which that was answered."""
        place = f"/o/{self.tenant}/campaigns/{books.campaign}"
        # Sending asks for a tick at every warning of the review page, and for the number of many people.
        review = self.browser.get(f"{place}/review/").text if button == "launch" else ""
        typed = next(iter(_TYPED.findall(review)), "")
        page = self.browser.post(f"{place}/{button}/", checked=_TICK.findall(review), typed=typed)
        must(page.status == 200, page)
        return page.answered_at

    def page(self, books: Books) -> str:
        """The campaign's page."""
        page = self.browser.get(f"/o/{self.tenant}/campaigns/{books.campaign}/")
        must(page.status == 200, page)
        return page.text

    def send(self, product: Product, people: People, subject: str = "") -> Books:
        """Writes a campaign and launches it."""
        books = write_campaign(product, people, subject)
        self.press("launch", books)
        return books


def settle(books: Books, *, seconds: float, meanwhile: Callable[[], object] = lambda: None) -> None:
    """Waits until the campaign has come to its end by itself."""

    def over() -> bool:
        meanwhile()
        return books.finished

    until(over, seconds=seconds, what=f"the end of campaign {books.campaign}")
