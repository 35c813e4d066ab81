"""API keys: 256 random bits, shown once, stored as HMAC-SHA-256 under the installation's pepper."""

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.db.models import Q
from django.utils import timezone

from accounts import audit
from accounts.audit import Actor
from accounts.exceptions import BadApiKey
from accounts.models import ApiKey
from accounts.tenancy import tenant_scope

PREFIX = "rly_live_"
#: `last_used_at` is for people; once a minute is exact enough and spares a write per request.
LAST_USED_STEP = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthenticatedKey:
    """A key that was recognised, and what it may do."""

    tenant_id: UUID
    key_id: int
    name: str
    scopes: frozenset[str]
    is_authenticated: bool = True


def _digest(secret: str) -> bytes:
    return hmac.digest(settings.RELAY_API_PEPPER, secret.encode(), hashlib.sha256)


def issue_key(*, tenant_id: UUID, name: str, scopes: Sequence[str], actor: Actor) -> tuple[ApiKey, str]:
    """The key's row and its secret, which exists nowhere else."""
    secret = f"{PREFIX}{secrets.token_hex(4)}_{secrets.token_urlsafe(32)}"
    with tenant_scope(tenant_id):
        key = ApiKey.objects.create(
            tenant_id=tenant_id,
            name=name,
            prefix=secret[: len(PREFIX) + 8],
            hash=_digest(secret),
            scopes=list(scopes),
        )
        audit.record(tenant_id=tenant_id, actor=actor, verb="issued", subject=key, changes={"name": name})
    return key, secret


def revoke_key(*, tenant_id: UUID, key_id: int, actor: Actor) -> None:
    """Ends a key at once; ending it again changes nothing."""
    with tenant_scope(tenant_id):
        key = ApiKey.objects.get(pk=key_id)
        if key.revoked_at is None:
            key.revoked_at = timezone.now()
            key.save(update_fields=["revoked_at"])
            audit.record(tenant_id=tenant_id, actor=actor, verb="revoked", subject=key)


def authenticate(secret: str) -> AuthenticatedKey:
    """Recognises a key; raises BadApiKey for anything else, in the same way for every reason."""
    if not secret.isascii() or not secret.startswith("rly_") or len(secret) > 200:
        raise BadApiKey
    with connection.cursor() as cursor:
        cursor.execute("select tenant_id, key_id from resolve_api_key(%s)", [_digest(secret)])
        row = cursor.fetchone()
    if row is None:
        raise BadApiKey
    tenant_id, key_id = row
    now = timezone.now()
    with tenant_scope(tenant_id):
        alive = Q(expires_at=None) | Q(expires_at__gt=now)
        key = ApiKey.objects.filter(alive, pk=key_id, revoked_at=None).first()
        if key is None:
            raise BadApiKey
        if key.last_used_at is None or now - key.last_used_at > LAST_USED_STEP:
            ApiKey.objects.filter(pk=key_id).update(last_used_at=now)
    return AuthenticatedKey(tenant_id=tenant_id, key_id=key_id, name=key.name, scopes=frozenset(key.scopes))
