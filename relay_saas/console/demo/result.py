"""The table at the end of the demo."""

from collections.abc import Iterator

from delivery.models import AttemptState
from relay_saas.console.demo.story import Ending, first_attempts_took

Row = tuple[str, str]


def rows(ending: Ending) -> Iterator[Row]:
    """Audience and its states, providers, judgements, engagements, speed, memory, accounting."""
    yield from _breakdown(ending)
    yield from _outside(ending)
    yield from _people(ending)
    seconds = first_attempts_took(ending).total_seconds()
    yield "first attempts", f"{seconds:.1f} s, {ending.totals.audience / seconds:,.0f} messages/s"
    yield "memory (PSS, most seen)", f"{ending.memory_mb:,.0f} MB over all our processes"
    yield from _accounting(ending)


def _breakdown(ending: Ending) -> Iterator[Row]:
    totals = ending.totals
    yield "audience", f"{totals.audience:,}"
    for state in AttemptState:
        n = totals.by_state.get(state, 0)
        if n or state in {AttemptState.DELIVERED, AttemptState.BOUNCED, AttemptState.IN_DOUBT}:
            yield f"  {state.name.lower().replace('_', ' ')}", f"{n:,}"
    yield "  sum", f"{totals.settled + totals.waiting:,}"


def _outside(ending: Ending) -> Iterator[Row]:
    for provider, n in ending.verdict["accepted_by_provider"].items():
        yield f"accepted by {provider}", f"{n:,}"
    said = ending.outside["verdicts"]
    judged = said.get("judged", 0)
    for name, key in (
        ("DKIM rsa-sha256", "dkim_rsa_pass"),
        ("DKIM ed25519-sha256", "dkim_ed25519_pass"),
        ("SPF passed", "spf_pass"),
        ("SPF aligned", "spf_aligned"),
        ("DMARC passed", "dmarc_pass"),
    ):
        yield name, f"{said.get(key, 0):,} of {judged:,} judged by the receivers"


def _people(ending: Ending) -> Iterator[Row]:
    totals = ending.totals
    yield "opened", f"{totals.opened:,} by people, {totals.machine_opened:,} by machines"
    yield "clicked", f"{totals.clicked:,} by people, {totals.machine_clicked:,} by machines"
    yield "unsubscribed", f"{totals.unsubscribed:,}"


def _accounting(ending: Ending) -> Iterator[Row]:
    verdict = ending.verdict
    names = ("lost", "phantom", "unexpected", "duplicate_unexplained", "in_doubt")
    yield "accounting", ", ".join(f"{name.replace('_', ' ')} {verdict[name]}" for name in names)
    yield "the independent accounting", "agrees" if verdict["agrees"] else f"DISAGREES: {verdict['examples']}"
