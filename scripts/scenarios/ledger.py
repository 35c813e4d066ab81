"""The relay's side of a scenario: attempts and policies, read by SQL as the database's owner."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from scripts.accounting.ledger import STATES
from scripts.scenarios.product import Product

_ATTEMPTS = """
select m.rcpt_key, a.number, a.state, a.category, a.rule, a.code, host(s.address), extract(epoch from a.at)
from delivery_attempt a
join delivery_message m on m.tenant_id = a.tenant_id and m.id = a.message_id
left join delivery_egresssource s on s.id = a.source_id
where m.rcpt_key like %s order by m.rcpt_key, a.number
"""
_POLICIES = """
select coalesce(p.name, ''), coalesce(host(s.address), ''), coalesce(c.domain, ''), c.campaign_id, c.action,
  c.value, c.rule, c.evidence, extract(epoch from c.created_at)::float, extract(epoch from c.until)::float,
  c.ended_at is null and (c.until is null or c.until > now())
from delivery_policystate c left join delivery_provider p on p.id = c.provider_id
left join delivery_egresssource s on s.id = c.source_id order by c.id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One row of the ledger."""

    rcpt: str
    number: int
    #: delivered, bounced, failed, expired, in_doubt …; "deferred" for every state that is not final.
    state: str
    category: str
    rule: str
    code: int | None
    source: str
    at: float


@dataclass(frozen=True, slots=True)
class Policy:
    """A suspension or a slow-down, still valid or not."""

    provider: str
    source: str
    domain: str
    campaign: int | None
    action: str
    value: int | None
    rule: str
    evidence: str
    since: float
    until: float | None
    holds: bool


def attempts(product: Product, at: str = "") -> list[Attempt]:
    """All of them, by address and number; those to a recipient's domain."""
    return [
        Attempt(
            rcpt=rcpt,
            number=number,
            state=STATES.get(state, "deferred"),
            category=category,
            rule=rule,
            code=code,
            source=source or "",
            at=float(when),
        )
        for rcpt, number, state, category, rule, code, source, when in product.rows(_ATTEMPTS, f"%{at}")
    ]


def policies(product: Product, *, rule: str | None = None) -> list[Policy]:
    """In the order in which they were set; those of one rule."""
    found = [Policy(*row) for row in product.rows(_POLICIES)]
    return [policy for policy in found if rule in {None, policy.rule}]


def outcomes(found: Iterable[Attempt]) -> Counter[str]:
    """Addresses by their last state."""
    last = {attempt.rcpt: attempt.state for attempt in found}
    return Counter(last.values())


def addresses(found: Iterable[Attempt], **wanted: str) -> set[str]:
    """Whose attempts have these values."""
    return {one.rcpt for one in found if all(getattr(one, name) == value for name, value in wanted.items())}
