"""The classes of the promise: lost, phantom, unexpected, duplicates, in doubt, and the equation."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from scripts.accounting.ledger import Ledger
from scripts.accounting.witness import (
    Copy,
    body_tokens,
    identities,
    line_faults,
    mailbox,
    parsed,
    token_message,
)

#: What is stopped may still be on its way for so long (seconds).
GRACE = 5.0


@dataclass(slots=True, kw_only=True)
class Verdict:
    """What was found; `agrees` is the verdict."""

    audience: int = 0
    accepted: int = 0
    accepted_by_provider: Counter[str] = field(default_factory=Counter)
    states: Counter[str] = field(default_factory=Counter)
    open: int = 0
    lost: list[str] = field(default_factory=list)
    phantom: list[str] = field(default_factory=list)
    unexpected: list[str] = field(default_factory=list)
    duplicate_unexplained: list[str] = field(default_factory=list)
    duplicate_explained: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    equation_holds: bool = False
    counters_agree: bool = False

    @property
    def agrees(self) -> bool:
        """Nothing lost, invented, unexpected or doubled without an explanation, and all sums add up."""
        wrong = (self.lost, self.phantom, self.unexpected, self.duplicate_unexplained, self.faults)
        return not any(wrong) and self.equation_holds and self.counters_agree


def judge(
    audience: Iterable[str],
    ledger: Ledger,
    received: Iterable[Copy],
    *,
    stopped: Mapping[str, float] | None = None,
    quiet: bool = True,
) -> Verdict:
    """Compares what was frozen, what the ledger says and what the receivers took.

    `stopped`: recipient -> time at which a cancel or an unsubscribe had been answered. `quiet`: the
    campaign is over, so that everything open is lost.
    """
    frozen = {mailbox(address) for address in audience}
    verdict = Verdict(audience=len(frozen))
    stops = {mailbox(address): at for address, at in (stopped or {}).items()}
    taken = defaultdict(list)
    for copy in received:
        owner = _check_copy(copy, frozen, ledger, stops, verdict)
        if owner is not None:
            taken[owner].append(copy)
    _check_ledger(frozen, ledger, taken, verdict, quiet=quiet)
    return verdict


def _check_copy(
    copy: Copy, frozen: set[str], ledger: Ledger, stopped: Mapping[str, float], verdict: Verdict
) -> object | None:
    message_id = token_message(copy.mail_from.partition("@")[0])
    entry = ledger.entries.get(message_id) if message_id else None
    rcpt = mailbox(copy.rcpt)
    if entry is None:
        # Other mail of the same relay (API mail, another campaign) is not this campaign's business.
        if message_id not in ledger.foreign:
            verdict.unexpected.append(f"{rcpt}: a copy of no message in the ledger")
        return None
    verdict.accepted += 1
    verdict.accepted_by_provider[copy.provider] += 1
    if rcpt not in frozen:
        verdict.unexpected.append(f"{rcpt}: not in the frozen audience")
    if entry.rcpt != rcpt:
        verdict.unexpected.append(f"{rcpt}: carries the envelope token of {entry.rcpt}")
    if rcpt in stopped and copy.time > stopped[rcpt] + GRACE:
        verdict.unexpected.append(f"{rcpt}: taken {copy.time - stopped[rcpt]:.1f} s after it was stopped")
    raw = copy.raw()
    verdict.faults += [f"{rcpt}: {fault}" for fault in line_faults(raw)]
    message = parsed(raw)
    said = identities(copy, message)
    if said.pop("to") != rcpt:
        verdict.unexpected.append(f"{rcpt}: the To header names somebody else")
    verdict.unexpected += [
        f"{rcpt}: {part} carries the token of {token}"
        for part, token in said.items()
        if token != str(entry.message)
    ]
    if strangers := body_tokens(message) - {str(entry.message)}:
        verdict.unexpected.append(f"{rcpt}: the body carries the token of {min(strangers)}")
    return entry.message


def _check_ledger(
    frozen: set[str], ledger: Ledger, taken: Mapping[object, list[Copy]], verdict: Verdict, *, quiet: bool
) -> None:
    known = set()
    for entry in ledger.entries.values():
        known.add(entry.rcpt)
        n = len(taken.get(entry.message, ()))
        if entry.final is None:
            verdict.open += 1
            if quiet and n == 0:
                verdict.lost.append(f"{entry.rcpt}: no final state")
        else:
            verdict.states[entry.final] += 1
        if entry.final == "delivered" and n == 0:
            verdict.phantom.append(f"{entry.rcpt}: delivered, but no receiver has it")
        if n > 1:
            explained = verdict.duplicate_explained if entry.was_in_doubt else verdict.duplicate_unexplained
            explained.append(f"{entry.rcpt}: {n} copies")
    verdict.lost += [f"{address}: not in the ledger" for address in sorted(frozen - known)]
    verdict.unexpected += [
        f"{address}: in the ledger, not in the audience" for address in sorted(known - frozen)
    ]
    verdict.equation_holds = (
        ledger.audience == len(ledger.entries) == sum(verdict.states.values()) + verdict.open
    )
    verdict.counters_agree = ledger.counters == {state: n for state, n in verdict.states.items() if n}
