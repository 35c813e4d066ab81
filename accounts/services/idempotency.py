"""`Idempotency-Key`: a request that is sent again gets the first one's answer, and happens once.

The row is written in the transaction of the request's effect: both are there, or neither. Who comes second
waits for the first one's end on the row's unique index; a process that died has ended too.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from django.db import connection
from django.utils import timezone

from accounts.exceptions import BadIdempotencyKey, IdempotencyKeyReused, IdempotentRequestRunning
from accounts.models import IdempotencyKey
from accounts.tenancy import tenant_scope
from relay_saas.vault import seal, unseal

LIFETIME: Final = timedelta(hours=24)
#: How long a second request waits for the first one's answer before it is told to come again.
PATIENCE: Final = timedelta(seconds=10)
MAX_NAME: Final = 255
_BATCH: Final = 10_000
_LIFETIME: Final = f"{LIFETIME.total_seconds()} seconds"
_CLAIM: Final = "select * from claim_idempotency_key(%s, %s, %s, %s, %s, %s)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer as it went out."""

    status: int
    content_type: str
    body: bytes
    #: Further header fields that belong to it.
    headers: tuple[tuple[str, str], ...] = ()


def fingerprint(method: str, path: str, parts: Iterable[bytes]) -> bytes:
    """What makes two requests the same."""
    digest = hashlib.sha256(f"{method} {path}\n".encode())
    for part in parts:
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.digest()


def canonical(document: Any) -> bytes:
    """A JSON document in one spelling: blanks and the order of members make no other request."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def claim(
    *, tenant_id: UUID, key_id: int, name: str, print_: bytes, patience: timedelta = PATIENCE
) -> Answer | None:
    """The answer of a request that is over; None: this one is the first, and `keep` follows in the same
    transaction.

    Inside the tenant's scope. Raises BadIdempotencyKey, IdempotencyKeyReused, IdempotentRequestRunning.
    """
    if not 0 < len(name) <= MAX_NAME or not name.isascii() or not name.isprintable():
        raise BadIdempotencyKey
    milliseconds = f"{max(1, patience // timedelta(milliseconds=1))}ms"
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, [tenant_id, key_id, name, print_, milliseconds, _LIFETIME])
        state, known_print, status, sealed = cursor.fetchone()
    if state == "claimed":
        return None
    # A row that went in between the two statements was rolled back or swept; the caller comes again.
    if state == "running" or known_print is None or sealed is None:
        raise IdempotentRequestRunning(headers={"Retry-After": "1"})
    if bytes(known_print) != print_:
        raise IdempotencyKeyReused
    return _opened(unseal(bytes(sealed), _aad(tenant_id, key_id, name)), status)


def keep(*, tenant_id: UUID, key_id: int, name: str, answer: Answer) -> None:
    """Writes the answer to the row that `claim` made."""
    head = {"type": answer.content_type, "headers": answer.headers}
    sealed = seal(canonical(head) + b"\n" + answer.body, _aad(tenant_id, key_id, name))
    IdempotencyKey.objects.filter(key_id=key_id, name=name).update(status=answer.status, answer=sealed)


def forget_answers() -> int:
    """Removes what is older than LIFETIME, in small transactions; returns how many."""
    before = timezone.now() - LIFETIME
    with connection.cursor() as cursor:
        cursor.execute("select * from tenants_with_old_answers(%s)", [before])
        tenants = [row[0] for row in cursor.fetchall()]
    total = 0
    for tenant_id in tenants:
        gone = _BATCH
        while gone == _BATCH:
            with tenant_scope(tenant_id):
                old = IdempotencyKey.objects.filter(tenant_id=tenant_id, created_at__lt=before)
                ids = list(old.order_by("created_at").values_list("pk", flat=True)[:_BATCH])
                gone = IdempotencyKey.objects.filter(pk__in=ids).delete()[0]
            total += gone
    return total


def _opened(text: bytes, status: int) -> Answer:
    head, _, body = text.partition(b"\n")
    found = json.loads(head)
    headers = tuple((name, value) for name, value in found["headers"])
    return Answer(status=status, content_type=found["type"], body=body, headers=headers)


def _aad(tenant_id: UUID, key_id: int, name: str) -> bytes:
    return f"idempotency:{tenant_id}:{key_id}:{name}".encode()
