"""The bench's own column on a few hundred messages, and that its checks can fail."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from relay_saas.embedded.paths import PROJECT
from scripts.bench import checks, parcel, relay
from scripts.bench.packages import found
from scripts.bench.result import Result
from scripts.bench.sink import receiving, receiving_tls
from scripts.bench.stand import BenchFailed, Stand, standing

COUNT = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """A row that went through, while its stand still stands."""

    stand: Stand
    campaign: relay.Campaign
    result: Result
    mails: Path | None

    def counts(self) -> checks.Counts:
        return checks.counts(self.stand.owner, self.campaign.tenant, self.campaign.id)


@pytest.fixture(scope="module")
def ran() -> Iterator[Ran]:
    (PROJECT / "var").mkdir(exist_ok=True)
    root = Path(tempfile.mkdtemp(prefix="bench-", dir=PROJECT / "var"))
    # Without Postfix there is no smtp-sink: our own receiver counts, and keeps nothing.
    with_sink = found("smtp-sink")
    if not with_sink and os.environ.get("REQUIRE_SMTP_SINK"):
        pytest.fail("smtp-sink is missing, and REQUIRE_SMTP_SINK is set")
    mails = root / "mails" if with_sink else None
    with standing(root) as stand:
        campaign = relay.draft(stand, relay.tenant(stand), name="quick", count=COUNT)
        receiver = receiving if with_sink else receiving_tls
        result = relay.measure(stand, campaign, receiver=receiver, mails=mails)
        yield Ran(stand=stand, campaign=campaign, result=result, mails=mails)
        shutil.rmtree(stand.supervisor.data.sockets(), ignore_errors=True)
    shutil.rmtree(root)


@contextmanager
def without_one(ran: Ran, statement: str) -> Iterator[Any]:
    """The ledger as it would be without one row; put back afterwards."""
    with ran.stand.owner.transaction(force_rollback=True):
        gone = ran.stand.owner.execute(statement, [ran.campaign.tenant, ran.campaign.id]).rowcount
        assert gone == 1
        yield


def test_every_message_of_the_row_is_accepted_recorded_and_explained(ran: Ran) -> None:
    assert ran.result.count == COUNT
    assert ran.result.cpu["delivery"] > 0
    assert ran.result.cpu["postgres"] > 0
    checks.agree(ran.counts(), sent=COUNT, at_the_sink=COUNT)
    assert checks.explained(ran.stand.owner, ran.campaign.tenant, ran.campaign.id) == 100


def test_both_signatures_of_every_kept_mail_verify_and_the_parcel_has_each_once(ran: Ran) -> None:
    if ran.mails is None:
        assert ran.result.verified == 0
        return
    assert ran.result.verified == COUNT
    letters = list(parcel.read(ran.mails))
    assert len({recipient for recipient, _ in letters}) == COUNT
    assert not any(b"DKIM-Signature" in mail for _, mail in letters)
    with pytest.raises(BenchFailed, match="does not verify"):
        checks.signed([mail for _, mail in letters], dns=ran.stand.dns, expected=COUNT, algorithms=relay.BOTH)


def test_an_acceptance_that_the_sink_did_not_count_fails_the_row(ran: Ran) -> None:
    with pytest.raises(BenchFailed, match="299"):
        checks.agree(ran.counts(), sent=COUNT, at_the_sink=COUNT - 1)


def test_an_acceptance_that_the_ledger_lacks_fails_the_row(ran: Ran) -> None:
    one = """delete from delivery_attempt where (tenant_id, message_id, number) in (
      select tenant_id, message_id, number from delivery_attempt
      where tenant_id = %s and campaign_id = %s limit 1)"""
    with without_one(ran, one), pytest.raises(BenchFailed, match="accepted=299"):
        checks.agree(ran.counts(), sent=COUNT, at_the_sink=COUNT)


def test_an_answer_whose_words_are_gone_is_no_explanation(ran: Ran) -> None:
    with ran.stand.owner.transaction(force_rollback=True):
        ran.stand.owner.execute("update delivery_reply set text = ''")
        with pytest.raises(BenchFailed, match="not explained"):
            checks.explained(ran.stand.owner, ran.campaign.tenant, ran.campaign.id)
