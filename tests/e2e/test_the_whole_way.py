"""From a file to delivered, signed, tracked mail: one run of 2,000, and what must be true of it."""

import random
import re
import time
from collections import Counter
from collections.abc import Iterator

import pytest

from scripts.accounting.signatures import algorithms_that_verify, lookup_at
from scripts.accounting.witness import Copy, mailbox, token_message
from scripts.product_run.accounting import assert_kept
from scripts.product_run.api import Api
from scripts.product_run.campaigns import Marketer, People, import_people, settle
from scripts.product_run.ledger import Books, row_counts
from scripts.product_run.product import Product
from scripts.product_run.receivers import Receivers, message_of, token_of, unsubscribe_url, urls
from tests.e2e.bounce_report import mail_back
from tests.e2e.edge import Answer, Edge
from tests.e2e.whole_run import AUDIENCE, BY_OPENDKIM, Run, carry_out, need_opendkim
from tests.e2e.worlds import SCENARIOS
from tests.integration.waiting import until

SCENARIO = "whole"
SEED = 20_261_124
VISITED_MAILS = 200
SMALL_LIST = 12
BOTH = {"rsa-sha256", "ed25519-sha256"}
REPORT_SECONDS = 5.0
#: Machine engagements are aside; everything of these tables that is not a machine's is counted by itself.
OF_MACHINES = ("tracking_engagement", "tracking_reaction", "tracking_engagementcounter")
STATE_ROW = re.compile(
    r'<tr><th scope="row">([A-Z][a-z ]+)<div[^>]*>.*?</div></th><td class="number">([\d,]+)</td>'
)
FIGURE = re.compile(
    r'<span class="funnel-label">([A-Z][a-z]+).*?<span class="funnel-figure"><strong>([\d,]+)</strong>',
    re.DOTALL,
)


@pytest.fixture(scope="module")
def run(product: Product, marketer: Marketer, receivers: Receivers) -> Run:
    return carry_out(product, marketer, receivers)


@pytest.fixture(scope="module")
def edge(product: Product) -> Iterator[Edge]:
    edge = Edge(product.ports.edge)
    yield edge
    edge.close()


@pytest.fixture(scope="module")
def small(product: Product, marketer: Marketer, run: Run) -> tuple[People, str, Books]:
    """People who got the first campaign at once and one who bounced: their list, and a campaign to it."""
    bounced = _with_attempts(run, [(3, "recipient_unknown")])[0]
    chosen = {bounced, *_with_attempts(run, [(1, "")])[:SMALL_LIST]}
    rows = [row for row in run.rows if mailbox(row["email"]) in chosen]
    people = import_people(product, "Regulars", rows)
    books = marketer.send(product, people, "For regulars")
    settle(books, seconds=60)
    return people, bounced, books


def _with_attempts(run: Run, attempts: list[tuple[int, str]]) -> list[str]:
    """Addresses to which exactly this happened."""
    found = run.books.histories()
    return sorted(address for address, history in found.items() if history == attempts)


def test_the_accounting_program_agrees(run: Run) -> None:
    assert_kept(run.report)
    assert run.report["audience"] == AUDIENCE
    assert run.report["in_doubt"] == 0
    assert run.report["open"] == 0
    assert run.report["states"]["delivered"] >= 0.98 * AUDIENCE
    # Nothing else came to the receivers, not even with an envelope that names no message.
    assert {str(message_of(copy)) for copy in run.copies} <= run.books.messages()


def test_both_signatures_of_every_message_verify(run: Run) -> None:
    signatures = run.report["signatures"]
    assert signatures["checked"] == run.report["accepted"] > 0
    assert signatures["both_verify"] == signatures["checked"]


def test_a_changed_byte_in_the_body_or_in_any_signed_header_breaks_both_signatures(run: Run) -> None:
    signatures = run.report["signatures"]
    assert signatures["changed_places"] > 10
    assert signatures["changed_yet_verified"] == []


def test_opendkim_verifies_the_rsa_signature(run: Run) -> None:
    need_opendkim()
    signatures = run.report["signatures"]
    assert signatures["opendkim_checked"] == BY_OPENDKIM
    assert signatures["opendkim_verified"] == BY_OPENDKIM


def test_the_receivers_find_spf_dkim_and_dmarc_passed_and_aligned(run: Run, receivers: Receivers) -> None:
    verdicts = receivers.verdicts()
    said = Counter(
        tuple(
            verdicts[copy.mail_from][name]
            for name in ("dkim_rsa", "dkim_ed25519", "dkim_aligned", "spf", "spf_aligned", "dmarc")
        )
        for copy in run.copies
    )
    assert said == {("pass", "pass", True, "pass", True, "pass"): len(run.copies)}


def test_everything_that_people_and_scanners_did_is_in_the_report(run: Run, receivers: Receivers) -> None:
    done: Counter[str] = Counter()
    for line in receivers.reactions():
        kind = {"o": "opened", "c": "clicked"}.get(line["url"].split("/")[3], "")
        if line["method"] == "GET" and kind:
            assert line["status"] in {200, 302}, line
            done[kind] += 1
        elif line["method"] == "POST":
            assert line["status"] == 200, line
            done["unsubscribed"] += 1
    until(lambda: run.books.engagements() == done, seconds=REPORT_SECONDS, what=f"{done} in the report")
    assert done["opened"] > 0.1 * AUDIENCE
    assert done["clicked"] > 0


def test_the_campaigns_page_shows_the_figures_of_the_database(run: Run, marketer: Marketer) -> None:
    page = marketer.page(run.books)
    shown = {name: int(n.replace(",", "")) for name, n in STATE_ROW.findall(page)}
    counted = {state.replace("_", " ").capitalize(): n for state, n in run.books.counters().items()}
    assert run.books.open == 0
    assert {name: n for name, n in shown.items() if n} == counted
    assert sum(shown.values()) == AUDIENCE
    funnel = {name: int(n.replace(",", "")) for name, n in FIGURE.findall(page)}
    assert funnel["Audience"] == AUDIENCE
    assert funnel["Delivered"] == shown["Delivered"]
    assert funnel["Opened"] == run.books.people_who("opened")
    assert funnel["Clicked"] == run.books.people_who("clicked")
    assert funnel["Unsubscribed"] == run.books.people_who("unsubscribed")


def _visit(edge: Edge, copies: list[Copy]) -> Counter[str]:
    """Every URL by each reading method; returns the engagements that are a reader's due."""
    due: Counter[str] = Counter()
    for copy in copies:
        found = urls(copy)
        assert len(found) >= 7, found
        for url in found:
            assert token_message(token_of(url)) == message_of(copy), url
            answers = {method: edge.ask(method, url) for method in ("GET", "HEAD", "OPTIONS")}
            _assert_reads(url, answers)
            kind = {"o": "opened", "c": "clicked"}.get(url.split("/")[3])
            if kind:
                due[kind] += 1
    return due


def _assert_reads(url: str, answers: dict[str, Answer]) -> None:
    expected = {"o": 200, "c": 302, "u": 200}[url.split("/")[3]]
    assert answers["GET"].status == answers["HEAD"].status == expected, url
    assert answers["HEAD"].body == b""
    assert answers["OPTIONS"].status < 500
    if expected == 302:
        assert answers["GET"].headers["location"].startswith("https://shop.hinode.test/")


def _people_and_rows(product: Product) -> dict[str, int]:
    """Rows of all tables, those of machines' engagements aside, and who is subscribed."""
    counts = row_counts(product.owner, leave_out=(*OF_MACHINES, "tracking_eventbatch"))
    book = Books(product.owner, 0)
    for table in OF_MACHINES:
        counts[table] = book.value(f"select count(*) from {table} where not machine")
    counts["subscribed"] = book.value(
        "select count(*) from campaigns_subscription where state = 'subscribed'"
    )
    return counts


def test_reading_any_url_of_a_mail_changes_nothing(product: Product, run: Run, edge: Edge) -> None:
    chosen = random.Random(SEED).sample(run.copies, VISITED_MAILS)
    before, machines = _people_and_rows(product), run.books.engagements(machine=True)
    due = _visit(edge, chosen)
    expected = machines + due
    until(
        lambda: run.books.engagements(machine=True) == expected,
        seconds=REPORT_SECONDS,
        what="each GET of a pixel or a link as a machine's engagement, and nothing for HEAD and OPTIONS",
    )
    assert _people_and_rows(product) == before


def test_a_tampered_token_is_refused(run: Run, edge: Edge) -> None:
    for url in urls(run.copies[0]):
        head, _, tail = url.rpartition("/")
        swapped = tail[:20] + ("b" if tail[20] == "a" else "a") + tail[21:]
        assert edge.ask("GET", f"{head}/{swapped}").status == 404
        assert edge.ask("POST", f"{head}/{swapped}", body=b"List-Unsubscribe=One-Click").status in {404, 405}


def test_a_bounce_stops_mail_to_the_address(product: Product, small: tuple[People, str, Books]) -> None:
    _people, bounced, books = small
    reason = books.value("select reason from campaigns_suppression where email_key = %s", bounced)
    assert reason == "bounced"
    assert books.audience == SMALL_LIST
    assert books.attempts(bounced) == []
    left_out = books.value("select left_out from campaigns_campaign where id = %s", books.campaign)
    assert left_out["suppressed"] == 1


def test_one_click_ends_the_list_for_that_person_and_nobody_else(
    product: Product,
    marketer: Marketer,
    receivers: Receivers,
    edge: Edge,
    small: tuple[People, str, Books],
) -> None:
    people, _bounced, books = small
    expected = receivers.expected_reactions(SCENARIOS / SCENARIO)
    until(lambda: expected <= receivers.reacted(), seconds=30, what="every reaction")
    # The simulator's people may have left this list by themselves: they must not be reached either.
    gone = receivers.left_from(books.messages())
    first = {mailbox(copy.rcpt): copy for copy in _of(receivers, books) if mailbox(copy.rcpt) not in gone}
    person = random.Random(SEED).choice(sorted(first))
    answer = edge.ask("POST", unsubscribe_url(first[person]), body=b"List-Unsubscribe=One-Click")
    assert answer.status == 200
    assert "set-cookie" not in answer.headers
    again = marketer.send(product, people, "For those who stayed")
    settle(again, seconds=60)
    reached = {mailbox(copy.rcpt) for copy in _of(receivers, again)}
    assert reached == set(first) - {person}
    assert len(reached) > SMALL_LIST // 2


def _of(receivers: Receivers, books: Books) -> list[Copy]:
    messages = books.messages()
    return [copy for copy in receivers.copies() if str(message_of(copy)) in messages]


def test_a_message_by_the_api_is_delivered_and_says_so(
    product: Product, receivers: Receivers, run: Run
) -> None:
    address = f"someone.{int(time.time())}@softbank.test"
    api = Api(base_url=product.environment["RELAY_BASE_URL"], key=product.cast.api_key)
    status, document = api.send(
        {
            "from": {"email": f"orders@{product.cast.domain}", "name": "日の出ストア"},
            "to": [{"email": address, "name": "山田 花子"}],
            "subject": "ご注文ありがとうございます",
            "html": "<p>ご注文番号 1234 を承りました。</p>",
        }
    )
    assert status == 202, document
    until(lambda: api.status(document["id"]) == "delivered", seconds=60, what="delivered")
    events = api.events(document["id"])
    assert (events[0]["type"], events[-1]["type"]) == ("queued", "delivered")
    assert events[-1]["code"] == 250
    (copy,) = receivers.copies(address)
    assert algorithms_that_verify(copy.raw(), lookup_at(product.environment["RELAY_DNS"])) == BOTH


def test_a_report_that_comes_back_turns_delivered_into_bounced(
    product: Product, marketer: Marketer, run: Run
) -> None:
    address = _with_attempts(run, [(1, "")])[-1]
    copy = next(copy for copy in run.copies if mailbox(copy.rcpt) == address)
    before = run.books.counters()
    mail_back(copy, port=product.ports.inbound)
    until(lambda: len(run.books.attempts(address)) == 2, seconds=30, what="the late bounce")
    assert run.books.attempts(address) == [(1, ""), (3, "recipient_unknown")]
    after = run.books.counters()
    assert after == before | {
        "delivered": before["delivered"] - 1,
        "bounced": before.get("bounced", 0) + 1,
    }
    shown = dict(STATE_ROW.findall(marketer.page(run.books)))
    assert int(shown["Bounced"].replace(",", "")) == after["bounced"]


def test_no_process_logged_an_error_on_the_whole_way(product: Product, run: Run) -> None:
    words = re.compile(r"Traceback|\bERROR\b|\bCRITICAL\b")
    said = {
        f"{path.stem}: {line}"
        for path in sorted(product.data.log("web").parent.glob("*.log"))
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines()
        if words.search(line)
    }
    assert said == set()
