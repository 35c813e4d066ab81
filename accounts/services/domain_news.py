"""Who hears that a domain was verified, drifts, stops or sends again: other apps, and people who can mend
it."""

from collections.abc import Mapping
from typing import Final

from django.dispatch import Signal

from accounts.events import (
    announce_domain,
    domain_drifting,
    domain_mended,
    domain_paused,
    domain_verified,
)
from accounts.models import SendingDomain
from accounts.services.drift import Turn, pauses_at
from accounts.services.post import domain_letter

_SIGNALS: Final[Mapping[Turn, Signal]] = {
    Turn.VERIFIED: domain_verified,
    Turn.DRIFTING: domain_drifting,
    Turn.PAUSED: domain_paused,
    Turn.MENDED: domain_mended,
}
_LETTERS: Final[Mapping[Turn, str]] = {
    Turn.DRIFTING: "domain_drifts",
    Turn.PAUSED: "domain_broke",
    Turn.MENDED: "domain_mended",
}


def tell(domain: SendingDomain, turn: Turn, *, signing: frozenset[str]) -> None:
    """Announces what has happened and writes to those who can mend it; called in the tenant's scope."""
    if turn is Turn.NOTHING:
        return
    wrong = [record for record in domain.records if not record["ok"]]
    names = {"records": [str(record["name"]) for record in wrong]} if wrong else {}
    announce_domain(
        _SIGNALS[turn], tenant_id=domain.tenant_id, domain_id=domain.pk, name=domain.name, **names
    )
    letter = _LETTERS.get(turn)
    if letter is not None:
        ends = pauses_at((str(one["purpose"]) for one in wrong), domain.drifting_since, signing=signing)
        domain_letter(domain, letter, records=wrong, pauses_at=ends)
