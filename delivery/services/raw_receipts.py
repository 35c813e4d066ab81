"""Recognizes what came before, by a unique row for each recipient, written with the submission."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from django.db import connection

from accounts.statements import ask
from delivery.services.raw_read import ReadMail
from relay_saas.mail.addresses import Address

#: In one order for everybody, so that no two wait for each other; waits for whoever writes the same now.
_WRITE: Final = """
insert into delivery_submissionreceipt (tenant_id, digest, witness, submission_id, created_at)
select %(tenant)s, digest, witness, submission_id, now()
from unnest(%(digests)s::bytea[], %(witnesses)s::bytea[], %(submissions)s::uuid[])
  g(digest, witness, submission_id) order by digest
on conflict (tenant_id, digest) do nothing returning digest, submission_id
"""
_READ: Final = """
select digest, witness, submission_id from delivery_submissionreceipt
where tenant_id = %(tenant)s and digest = any(%(digests)s::bytea[])
"""
_ALIKE: Final = """
select distinct witness from delivery_submissionreceipt
where tenant_id = %(tenant)s and witness = any(%(witnesses)s::bytea[])
"""
_GIVE_BACK: Final = """
delete from delivery_submissionreceipt
where tenant_id = %(tenant)s and submission_id = any(%(submissions)s::uuid[])
"""


@dataclass(slots=True, kw_only=True)
class Claim:
    """What of a message is new."""

    submission_id: UUID
    mail: ReadMail
    #: Those that it was not accepted for before.
    recipients: dict[str, Address] = field(default_factory=dict)
    #: The submission that the others belong to.
    earlier: UUID | None = None
    #: Its Message-ID had come with another body.
    reused: bool = False
    #: Its idempotency key had.
    refused: bool = False


def claim(*, tenant_id: UUID, mails: Sequence[tuple[UUID, ReadMail]]) -> list[Claim]:
    """Takes each recipient of each message for the submission of its id, in their order.

    In the caller's scope and transaction: until that ends, whoever brings the same waits here.
    """
    claims = [Claim(submission_id=submission_id, mail=mail) for submission_id, mail in mails]
    marked = [one for one in claims if one.mail.fingerprints]
    for one in claims:
        if not one.mail.fingerprints:
            one.recipients = dict(one.mail.recipients)
    if not marked:
        return claims
    _take(tenant_id, marked)
    refused = [one.submission_id for one in marked if one.refused]
    if refused:
        ask(_GIVE_BACK, {"tenant": tenant_id, "submissions": refused})
    return claims


def owners(*, tenant_id: UUID, mails: Sequence[ReadMail]) -> list[UUID | None]:
    """The submission of each message that came before as it is, for all of its recipients; takes nothing.

    In the caller's scope.
    """
    digests = [print_.digest for mail in mails for print_ in mail.fingerprints.values()]
    if not digests:
        return [None] * len(mails)
    with connection.cursor() as cursor:
        cursor.execute(_READ, {"tenant": tenant_id, "digests": digests})
        known = {bytes(digest): (bytes(witness), owner) for digest, witness, owner in cursor.fetchall()}
    return [_owner(mail, known) for mail in mails]


def _owner(mail: ReadMail, known: Mapping[bytes, tuple[bytes, UUID]]) -> UUID | None:
    owner = None
    for print_ in mail.fingerprints.values():
        witness, owner = known.get(print_.digest, (b"", None))
        if owner is None or (mail.options.idempotency_key and witness != print_.witness):
            return None
    return owner


def forget() -> int:
    """Deletes old receipts, some at a time; returns how many."""
    with connection.cursor() as cursor:
        cursor.execute("select forget_submission_receipts()")
        return int(cursor.fetchone()[0])


def _take(tenant_id: UUID, claims: Sequence[Claim]) -> None:
    rows = [
        (print_.digest, print_.witness, one.submission_id)
        for one in claims
        for print_ in one.mail.fingerprints.values()
    ]
    digests, witnesses, submissions = (list(column) for column in zip(*rows, strict=True))
    values = {"tenant": tenant_id, "digests": digests, "witnesses": witnesses, "submissions": submissions}
    alike = {bytes(witness) for (witness,) in ask(_ALIKE, values)}
    mine = {(bytes(digest), owner) for digest, owner in ask(_WRITE, values)}
    earlier: dict[bytes, tuple[bytes, UUID]] = {}
    if len(mine) < len(rows):
        rows_before = ask(_READ, values)
        earlier = {bytes(digest): (bytes(witness), owner) for digest, witness, owner in rows_before}
    for one in claims:
        _sort(one, mine, earlier, alike)


def _sort(
    one: Claim,
    mine: set[tuple[bytes, UUID]],
    earlier: dict[bytes, tuple[bytes, UUID]],
    alike: set[bytes],
) -> None:
    by_key = bool(one.mail.options.idempotency_key)
    for rcpt, print_ in one.mail.fingerprints.items():
        if (print_.digest, one.submission_id) in mine:
            one.recipients[rcpt] = one.mail.recipients[rcpt]
            one.reused |= not by_key and print_.witness in alike
            continue
        witness, owner = earlier[print_.digest]
        one.refused |= by_key and witness != print_.witness
        one.earlier = owner
    if one.refused:
        one.recipients = {}
