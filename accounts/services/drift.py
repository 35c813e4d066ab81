"""From what DNS answered to whether a domain may send: drift is warned of first and stops mail later; an
outage of DNS changes nothing (docs/adr/0019-drift.md)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from accounts.models import SendingDomain
from accounts.services.dns_check import Finding

#: Mail without these fails or leads nowhere: signature, bounces, links and unsubscribing.
HURRIED_GRACE: Final = timedelta(hours=1)
#: Mail without a DMARC policy still arrives at most places.
PATIENT_GRACE: Final = timedelta(hours=72)
#: One wrong answer, or a change at the DNS host that is under way, is no drift.
FEWEST_LOOKS: Final = 3

MINUTE: Final = timedelta(minutes=1)


class Turn(StrEnum):
    """What has happened to a domain with this look."""

    NOTHING = ""
    VERIFIED = "verified"
    DRIFTING = "drifting"
    PAUSED = "paused"
    MENDED = "mended"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a domain stands."""

    state: str
    was_verified: bool
    drifting_since: datetime | None = None
    looks: int = 0


def judge(
    before: Standing, findings: Sequence[Finding], *, signing: frozenset[str], now: datetime
) -> tuple[Standing, Turn]:
    """How it stands after a look; `signing`: the selectors that sign now."""
    if any(finding.unknown for finding in findings):
        return before, Turn.NOTHING
    missing = frozenset(finding.record.purpose for finding in findings if not finding.ok)
    states = SendingDomain.State
    if not missing:
        return _all_right(before)
    if not before.was_verified:
        return replace(before, state=states.PENDING), Turn.NOTHING
    if before.state == states.BROKEN:
        return before, Turn.NOTHING
    after = replace(
        before, drifting_since=before.drifting_since or now, looks=min(before.looks + 1, FEWEST_LOOKS)
    )
    ends = pauses_at(missing, after.drifting_since, signing=signing)
    if ends is not None and ends <= now and after.looks >= FEWEST_LOOKS:
        return replace(after, state=states.BROKEN), Turn.PAUSED
    return after, Turn.NOTHING if before.drifting_since else Turn.DRIFTING


def pauses_at(missing: Iterable[str], since: datetime | None, *, signing: frozenset[str]) -> datetime | None:
    """When mail stops if nothing is done; None: it does not, as only keys in reserve are out of reach."""
    graces = [grace for grace in (_grace(purpose, signing) for purpose in missing) if grace is not None]
    return since + min(graces) if graces and since is not None else None


def next_look(domain: SendingDomain, *, unknown: bool, now: datetime) -> datetime:
    """When DNS is asked again by itself: often while somebody waits, seldom once all stands."""
    if unknown:
        return now + 5 * MINUTE
    if domain.state == SendingDomain.State.VERIFIED and domain.drifting_since is None:
        return now + 60 * MINUTE
    if domain.state != SendingDomain.State.PENDING:
        return now + 10 * MINUTE
    age = now - domain.created_at
    if age < timedelta(hours=1):
        return now + 2 * MINUTE
    return now + (10 * MINUTE if age < timedelta(days=2) else 360 * MINUTE)


def _all_right(before: Standing) -> tuple[Standing, Turn]:
    after = Standing(state=SendingDomain.State.VERIFIED, was_verified=True)
    if not before.was_verified:
        return after, Turn.VERIFIED
    changed = before.state != SendingDomain.State.VERIFIED or before.drifting_since is not None
    return after, Turn.MENDED if changed else Turn.NOTHING


def _grace(purpose: str, signing: frozenset[str]) -> timedelta | None:
    if purpose == "dmarc":
        return PATIENT_GRACE
    selector = purpose.removeprefix("dkim_")
    in_reserve = selector != purpose and selector not in signing
    return None if in_reserve else HURRIED_GRACE
