"""The judge's self-test: given one lost, one doubled, one phantom and one foreign token, it names each."""

import base64
import json
import struct
from pathlib import Path
from uuid import UUID

import pytest

from scripts.accounting.ledger import Entry, Ledger
from scripts.accounting.signatures import rsa_identity, signature_algorithms
from scripts.accounting.verdict import Verdict, judge
from scripts.accounting.witness import copies, mailbox, token_message

IDS = [UUID(int=0x019_0000_0000 << 80 | number) for number in range(1, 7)]
ADDRESSES = [f"p{number}@gmail.test" for number in range(1, 7)]


def token(letter: str, message: UUID) -> str:
    return (
        letter
        + base64.b32encode(struct.pack(">BI16sI", 1, 7, message.bytes, 0) + b"\0" * 10).decode().lower()
    )


def mail(rcpt: str, message: UUID, *, unsubscribe: UUID | None = None) -> bytes:
    link = f"https://t.news.acme.test/u/{token('u', unsubscribe or message)}"
    return (
        f"From: n@news.acme.test\r\nTo: {rcpt}\r\nMessage-ID: <{message.hex}@news.acme.test>\r\n"
        f"List-Unsubscribe: <{link}>\r\nSubject: x\r\n\r\nhello\r\n"
    ).encode()


class Receivers:
    """Writes the receivers' files as the simulator does."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.lines, self.bytes = folder, [], b""

    def take(self, rcpt: str, message: UUID, raw: bytes | None = None, *, time: float = 100.0) -> None:
        raw = raw if raw is not None else mail(rcpt, message)
        line = {"time": time, "provider": "gmail", "client": "127.30.0.1", "rcpt": rcpt}
        line |= {
            "mail_from": f"{token('b', message)}@rp.news.acme.test",
            "offset": len(self.bytes) + 8,
            "size": len(raw),
        }
        self.bytes += len(raw).to_bytes(8) + raw
        self.lines.append(json.dumps(line))

    def judged(self, attempts: list[tuple[int, ...]], **options: object) -> Verdict:
        (self.folder / "messages-0.mbox").write_bytes(self.bytes)
        (self.folder / "received-0.log").write_text("".join(f"{line}\n" for line in self.lines))
        entries = {
            message: Entry(message=message, rcpt=rcpt, queued=not states, leased=False, attempts=states)
            for message, rcpt, states in zip(IDS, ADDRESSES, attempts, strict=True)
        }
        counters: dict[str, int] = {}
        for entry in entries.values():
            if entry.final:
                counters[entry.final] = counters.get(entry.final, 0) + 1
        ledger = Ledger(audience=len(ADDRESSES), entries=entries, counters=counters)
        return judge(ADDRESSES, ledger, copies(self.folder), **options)


@pytest.fixture
def receivers(tmp_path: Path) -> Receivers:
    return Receivers(tmp_path)


def test_a_clean_campaign_agrees(receivers: Receivers) -> None:
    for rcpt, message in zip(ADDRESSES[:5], IDS, strict=False):
        receivers.take(rcpt, message)
    verdict = receivers.judged([(1,), (2, 1), (1,), (1,), (1,), (3,)])
    assert verdict.agrees
    assert (verdict.accepted, verdict.states["bounced"]) == (5, 1)


def test_it_names_the_lost_the_doubled_the_phantom_and_the_foreign_token(receivers: Receivers) -> None:
    receivers.take(ADDRESSES[1], IDS[1])
    receivers.take(ADDRESSES[1], IDS[1])
    receivers.take(ADDRESSES[3], IDS[3], mail(ADDRESSES[3], IDS[3], unsubscribe=IDS[4]))
    receivers.take(ADDRESSES[4], IDS[4])
    receivers.take(ADDRESSES[5], IDS[5])
    verdict = receivers.judged([(), (1,), (1,), (1,), (1,), (1,)])
    assert verdict.lost == [f"{ADDRESSES[0]}: no final state"]
    assert verdict.duplicate_unexplained == [f"{ADDRESSES[1]}: 2 copies"]
    assert verdict.phantom == [f"{ADDRESSES[2]}: delivered, but no receiver has it"]
    assert verdict.unexpected == [f"{ADDRESSES[3]}: unsubscribe carries the token of {IDS[4]}"]
    assert not verdict.agrees


def test_a_copy_at_somebody_elses_address_is_unexpected(receivers: Receivers) -> None:
    receivers.take("stranger@gmail.test", IDS[0], mail("stranger@gmail.test", IDS[0]))
    verdict = receivers.judged([(1,), (3,), (3,), (3,), (3,), (3,)])
    assert any("not in the frozen audience" in line for line in verdict.unexpected)
    assert any("carries the envelope token" in line for line in verdict.unexpected)


def test_a_duplicate_after_a_doubt_is_explained(receivers: Receivers) -> None:
    receivers.take(ADDRESSES[0], IDS[0])
    receivers.take(ADDRESSES[0], IDS[0])
    verdict = receivers.judged([(9, 1), (3,), (3,), (3,), (3,), (3,)])
    assert verdict.duplicate_explained == [f"{ADDRESSES[0]}: 2 copies"]
    assert verdict.duplicate_unexplained == []
    assert verdict.agrees


def test_mail_after_its_stop_is_unexpected(receivers: Receivers) -> None:
    receivers.take(ADDRESSES[0], IDS[0], time=106.0)
    verdict = receivers.judged([(1,), (7,), (7,), (7,), (7,), (7,)], stopped={ADDRESSES[0]: 100.0})
    assert verdict.unexpected == [f"{ADDRESSES[0]}: taken 6.0 s after it was stopped"]


def test_while_it_runs_the_open_ones_are_not_lost(receivers: Receivers) -> None:
    verdict = receivers.judged([(), (), (), (), (), ()], quiet=False)
    assert verdict.agrees
    assert verdict.open == 6


def test_sums_that_do_not_add_up_are_seen(receivers: Receivers) -> None:
    verdict = receivers.judged([(3,), (3,), (3,), (3,), (3,), (3,)])
    assert verdict.agrees
    ledger = Ledger(audience=7, entries={}, counters={"bounced": 1})
    broken = judge([], ledger, [])
    assert not broken.equation_holds
    assert not broken.counters_agree


def test_bare_line_feeds_and_long_lines_are_faults(receivers: Receivers) -> None:
    raw = mail(ADDRESSES[0], IDS[0])
    receivers.take(ADDRESSES[0], IDS[0], raw + b"bare\n" + b"x" * 999 + b"\r\n")
    verdict = receivers.judged([(1,), (3,), (3,), (3,), (3,), (3,)])
    assert verdict.faults == [f"{ADDRESSES[0]}: bare CR or LF", f"{ADDRESSES[0]}: line over 998"]


def test_quotes_around_a_local_part_make_no_other_mailbox() -> None:
    assert mailbox('"Karen..Brown178"@docomo.test') == "karen..brown178@docomo.test"
    assert mailbox('"a\\"b"@docomo.test') == 'a"b@docomo.test'
    assert mailbox('"@docomo.test') == '"@docomo.test'


def test_folded_signatures_are_read_whole() -> None:
    folded = (
        b"DKIM-Signature: v=1; a=rsa-sha256;\r\n d=news.acme.test;\r\n\ts=r1; h=from\r\nFrom: a@b\r\n\r\n"
    )
    assert signature_algorithms(folded) == ["rsa-sha256"]
    assert rsa_identity(folded) == ("r1", "news.acme.test")


def test_a_copy_of_no_message_in_the_ledger_is_unexpected(receivers: Receivers) -> None:
    receivers.take("nobody@gmail.test", UUID(int=7))
    verdict = receivers.judged([(3,), (3,), (3,), (3,), (3,), (3,)])
    assert verdict.unexpected == ["nobody@gmail.test: a copy of no message in the ledger"]


def test_a_link_of_somebody_else_in_the_body_is_unexpected(receivers: Receivers) -> None:
    body = f"http://t.news.acme.test/c/{token('c', IDS[0])} http://t.news.acme.test/c/{token('c', IDS[1])}"
    receivers.take(ADDRESSES[0], IDS[0], mail(ADDRESSES[0], IDS[0]) + body.encode() + b"\r\n")
    verdict = receivers.judged([(1,), (3,), (3,), (3,), (3,), (3,)])
    assert verdict.unexpected == [f"{ADDRESSES[0]}: the body carries the token of {IDS[1]}"]


def test_only_tokens_are_read_as_tokens() -> None:
    assert token_message("postmaster") is None
    assert token_message(token("b", IDS[0])) == IDS[0]
