"""The duties, asserted after a row: ledger, receiver and signatures agree, and every message is explained."""

import os
import random
import re
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import islice, repeat
from typing import Any, Final

import dkim
import psycopg

from scripts.accounting.signatures import lookup_at, signature_algorithms
from scripts.bench.stand import BenchFailed

_DELIVERED: Final = 1
_COUNTS: Final = """
select
  (select count(*) from delivery_message where tenant_id = %(tenant)s and campaign_id = %(campaign)s),
  (select count(*) from delivery_attempt where tenant_id = %(tenant)s and campaign_id = %(campaign)s),
  (select count(*) from delivery_attempt where tenant_id = %(tenant)s and campaign_id = %(campaign)s
     and state = 1 and code = 250),
  (select coalesce(sum(n), 0)::bigint from delivery_counter where tenant_id = %(tenant)s
     and campaign_id = %(campaign)s and state = 1),
  (select coalesce(sum(n), 0)::bigint from delivery_rollup where tenant_id = %(tenant)s
     and campaign_id = %(campaign)s and state = 1),
  (select count(*) from delivery_queueentry where tenant_id = %(tenant)s and campaign_id = %(campaign)s)
"""
#: Everything that a person who asks "what became of this message" is told, read by its primary keys.
_EXPLAIN: Final = """
select m.rcpt, m.content_id, m.contact_id, d.name, a.number, a.state, a.code, a.stage, r.text, a.host,
  s.address, p.name, a.timings, a.at, a.dated_at, a.run_id, a.tls
from delivery_message m
join delivery_domain d on d.id = m.domain_id
join delivery_attempt a on a.tenant_id = m.tenant_id and a.message_id = m.id
join delivery_reply r on r.tenant_id = a.tenant_id and r.id = a.reply_id
join delivery_egresssource s on s.id = a.source_id
join delivery_provider p on p.id = a.provider_id
where m.tenant_id = %s and m.id = %s
"""
_IDS: Final = "select id from delivery_message where tenant_id = %s and campaign_id = %s order by id"
_UNFORCED: Final = """
select relname from pg_class
where relname in ('delivery_message', 'delivery_attempt', 'delivery_queueentry', 'delivery_counter',
  'delivery_rollup', 'delivery_lane', 'campaigns_contact', 'campaigns_subscription', 'campaigns_suppression')
  and not (relrowsecurity and relforcerowsecurity)
union all
select rolname from pg_roles where rolname in ('relay_app', 'relay_dispatch') and (rolsuper or rolbypassrls)
"""
_RCPT: Final = re.compile(rb"^To: [^\r\n]*?<?([^\s<>]+@[^\s<>]+?)>?\r$", re.MULTILINE)
_EXPLAINED: Final = 100
_CHUNK: Final = 250


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """One campaign in the ledger."""

    messages: int
    attempts: int
    accepted: int
    counter: int
    rollup: int
    queued: int


def counts(owner: psycopg.Connection[Any], tenant: str, campaign: int) -> Counts:
    """What the ledger says now."""
    row = owner.execute(_COUNTS, {"tenant": tenant, "campaign": campaign}).fetchone()
    assert row is not None  # noqa: S101 - a select of scalars gives one row
    names = ("messages", "attempts", "accepted", "counter", "rollup", "queued")
    return Counts(**dict(zip(names, row, strict=True)))


def agree(found: Counts, *, sent: int, at_the_sink: int) -> None:
    """Raises BenchFailed unless attempts, acceptances, counters and the receiver's own count are `sent`."""
    expected = Counts(messages=sent, attempts=sent, accepted=sent, counter=sent, rollup=sent, queued=0)
    if found != expected or at_the_sink != sent:
        raise BenchFailed(
            f"{sent:,} were to be sent; the sink counted {at_the_sink:,}, the ledger has {found}"
        )


def forced_policies(owner: psycopg.Connection[Any]) -> None:
    """Raises BenchFailed where a table's policies, or a role of ours, could be passed by."""
    loose = [row[0] for row in owner.execute(_UNFORCED).fetchall()]
    if loose:
        raise BenchFailed(f"row-level security does not bind {', '.join(loose)}")


def explained(owner: psycopg.Connection[Any], tenant: str, campaign: int) -> int:
    """Looks at 100 messages by chance; raises BenchFailed where the ledger leaves a question open."""
    ids = [row[0] for row in owner.execute(_IDS, [tenant, campaign]).fetchall()]
    chosen = random.sample(ids, min(_EXPLAINED, len(ids)))
    for message_id in chosen:
        rows = owner.execute(_EXPLAIN, [tenant, message_id]).fetchall()
        unknown = len(rows) != 1 or any(value is None or value == "" for value in rows[0])
        if unknown or rows[0][5] != _DELIVERED or not str(rows[0][8]).startswith("2") or not rows[0][12]:
            raise BenchFailed(f"message {message_id} is not explained: {rows}")
    return len(chosen)


def signed(mails: Iterable[bytes], *, dns: str, expected: int, algorithms: Sequence[str]) -> int:
    """Verifies all signatures of every mail by dkimpy against DNS; raises BenchFailed for one that does not.

    Each recipient may appear once; `algorithms` are those of a mail's signatures, from the top.
    """
    seen: set[bytes] = set()
    number = 0
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for chunk, bad in pool.map(_check, _chunks(mails), repeat(dns), repeat(algorithms)):
            if bad:
                raise BenchFailed(f"a signature does not verify: {bad}")
            number += len(chunk)
            seen.update(chunk)
    if number != expected or len(seen) != expected:
        raise BenchFailed(f"{number:,} mails to {len(seen):,} recipients were kept, not {expected:,}")
    return number


def _check(chunk: Sequence[bytes], dns: str, algorithms: Sequence[str]) -> tuple[list[bytes], str]:
    """The recipients by the To field, and what is wrong with the first bad mail."""
    find = lookup_at(dns)
    recipients: list[bytes] = []
    for mail in chunk:
        found = signature_algorithms(mail)
        verified = [name for index, name in enumerate(found) if dkim.DKIM(mail).verify(index, dnsfunc=find)]
        to = _RCPT.search(mail)
        if verified != list(algorithms) or to is None:
            return recipients, f"{verified} of {mail[:1200]!r}"
        recipients.append(to.group(1))
    return recipients, ""


def _chunks(mails: Iterable[bytes]) -> Iterator[list[bytes]]:
    rest = iter(mails)
    while chunk := list(islice(rest, _CHUNK)):
        yield chunk
