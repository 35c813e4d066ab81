"""API keys: 256 random bits, shown once, stored as HMAC-SHA-256 under the installation's pepper."""

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts import audit
from accounts.audit import Actor
from accounts.exceptions import BadApiKey, EndedApiKey, KeyEnded, KeyNameTaken, SenderNotAllowed
from accounts.models import ApiKey, Tenant
from accounts.services.key_limits import NO_LIMITS, KeyLimits, limits_of, values_of
from accounts.services.networks import comes_from
from accounts.tenancy import tenant_scope
from relay_saas.web.errors import NotFound

PREFIX = "rly_live_"
#: Of keys whose mail is only simulated.
TEST_PREFIX = "rly_test_"
#: `last_used_at` is for people; once a minute is exact enough and spares a write per request.
LAST_USED_STEP = timedelta(minutes=1)
#: How long a rotated key works on, so that nothing stands still while its successor is put in place.
OVERLAP = timedelta(hours=24)


#: Seconds that a good key is remembered by this process; one that was revoked works as long elsewhere.
REMEMBERED = 5.0
_MOST_REMEMBERED = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthenticatedKey:
    """A key that was recognised, and what it may do."""

    tenant_id: UUID
    key_id: int
    #: The first of the keys that replaced each other: names of requests (`Idempotency-Key`) are theirs
    #: together.
    family_id: int
    name: str
    scopes: frozenset[str]
    #: Its mail is only simulated.
    test: bool = False
    #: Sending domains; empty: every verified one.
    domains: frozenset[str] = frozenset()
    #: Requests in a second; None: what the installation allows.
    rate: int | None = None
    networks: tuple[str, ...] = ()
    expires_at: datetime | None = None
    is_authenticated: bool = True

    def check_sender(self, domain: str) -> None:
        """Raises SenderNotAllowed where the key may not send from this domain."""
        if self.domains and domain not in self.domains:
            raise SenderNotAllowed


_remembered: dict[bytes, tuple[float, AuthenticatedKey]] = {}


def forget_remembered() -> None:
    """Every key is looked up again."""
    _remembered.clear()


def _digest(secret: str) -> bytes:
    return hmac.digest(settings.RELAY_API_PEPPER, secret.encode(), hashlib.sha256)


def issue_key(
    *,
    tenant_id: UUID,
    name: str,
    scopes: Sequence[str],
    actor: Actor,
    expires_at: datetime | None = None,
    limits: KeyLimits = NO_LIMITS,
    family_id: int | None = None,
) -> tuple[ApiKey, str]:
    """The key's row and its secret, which exists nowhere else; raises BadKeySettings.

    `family_id` is the first of those that it replaces.
    """
    prefix = TEST_PREFIX if limits.test else PREFIX
    secret = f"{prefix}{secrets.token_hex(4)}_{secrets.token_urlsafe(32)}"
    with tenant_scope(tenant_id):
        values = values_of(limits)
        key = ApiKey.objects.create(
            tenant_id=tenant_id,
            name=name,
            prefix=secret[: len(prefix) + 8],
            hash=_digest(secret),
            scopes=list(scopes),
            expires_at=expires_at,
            family_id=family_id,
            **values,
        )
        changes: dict[str, object] = {"name": name, "scopes": list(scopes)}
        changes |= {field: value for field, value in values.items() if value}
        audit.record(tenant_id=tenant_id, actor=actor, verb="issued", subject=key, changes=changes)
    return key, secret


def create_key(
    *,
    tenant_id: UUID,
    name: str,
    scopes: Sequence[str],
    actor: Actor,
    expires_at: datetime | None = None,
    limits: KeyLimits = NO_LIMITS,
) -> tuple[ApiKey, str]:
    """A key whose name no other working one has; raises KeyNameTaken, BadKeySettings."""
    with tenant_scope(tenant_id):
        # Two at once come one after the other.
        Tenant.objects.select_for_update().get(pk=tenant_id)
        if working_keys(tenant_id).filter(name=name).exists():
            raise KeyNameTaken
        return issue_key(
            tenant_id=tenant_id, name=name, scopes=scopes, actor=actor, expires_at=expires_at, limits=limits
        )


def rotate_key(
    *, tenant_id: UUID, key_id: int, actor: Actor, overlap: timedelta = OVERLAP
) -> tuple[ApiKey, str]:
    """A successor with the same name, scopes, limits and end; the old key works for `overlap` more.

    Raises NotFound, KeyEnded.
    """
    with tenant_scope(tenant_id):
        old = ApiKey.objects.select_for_update().filter(pk=key_id).first()
        if old is None:
            raise NotFound
        if not working_keys(tenant_id).filter(pk=key_id).exists():
            raise KeyEnded
        end = timezone.now() + overlap
        new, secret = issue_key(
            tenant_id=tenant_id,
            name=old.name,
            scopes=old.scopes,
            actor=actor,
            expires_at=old.expires_at,
            limits=limits_of(old),
            family_id=old.family_id or old.pk,
        )
        if old.expires_at is None or old.expires_at > end:
            old.expires_at = end
            old.save(update_fields=["expires_at"])
        forget_remembered()
        changes: dict[str, object] = {"name": old.name, "until": old.expires_at.isoformat()}
        audit.record(tenant_id=tenant_id, actor=actor, verb="rotated", subject=old, changes=changes)
    return new, secret


def working_keys(tenant_id: UUID) -> QuerySet[ApiKey]:
    """Those that neither were revoked nor have expired."""
    alive = Q(expires_at=None) | Q(expires_at__gt=timezone.now())
    return ApiKey.objects.filter(alive, tenant_id=tenant_id, revoked_at=None)


def revoke_key(*, tenant_id: UUID, key_id: int, actor: Actor) -> None:
    """Ends a key at once; ending it again changes nothing. Raises NotFound."""
    with tenant_scope(tenant_id):
        key = ApiKey.objects.select_for_update().filter(pk=key_id).first()
        if key is None:
            raise NotFound
        if key.revoked_at is None:
            key.revoked_at = timezone.now()
            key.save(update_fields=["revoked_at"])
            forget_remembered()
            audit.record(
                tenant_id=tenant_id, actor=actor, verb="revoked", subject=key, changes={"name": key.name}
            )


def authenticate(secret: str, *, peer: str = "") -> AuthenticatedKey:
    """Recognises a key that is used from the address `peer`; raises BadApiKey for anything else, in the same
    way for every reason."""
    if not secret.isascii() or not secret.startswith("rly_") or len(secret) > 200:
        raise BadApiKey
    digest, now = _digest(secret), timezone.now()
    until, key = _remembered.get(digest, (0.0, None))
    if key is None or until < monotonic():
        key = _look_up(digest, now)
        if len(_remembered) >= _MOST_REMEMBERED:
            _remembered.clear()
        _remembered[digest] = monotonic() + REMEMBERED, key
    if not comes_from(peer, key.networks) or (key.expires_at is not None and key.expires_at <= now):
        raise EndedApiKey(key.tenant_id, key.key_id)
    return key


def _look_up(digest: bytes, now: datetime) -> AuthenticatedKey:
    with connection.cursor() as cursor:
        cursor.execute("select tenant_id, key_id from resolve_api_key(%s)", [digest])
        row = cursor.fetchone()
    if row is None:
        raise BadApiKey
    tenant_id, key_id = row
    with tenant_scope(tenant_id):
        key = working_keys(tenant_id).filter(pk=key_id).first()
        if key is None:
            raise EndedApiKey(tenant_id, key_id)
        if key.last_used_at is None or now - key.last_used_at > LAST_USED_STEP:
            ApiKey.objects.filter(pk=key_id).update(last_used_at=now)
    return AuthenticatedKey(
        tenant_id=tenant_id,
        key_id=key_id,
        family_id=key.family_id or key_id,
        name=key.name,
        scopes=frozenset(key.scopes),
        test=key.test,
        domains=frozenset(key.domains),
        rate=key.rate,
        networks=tuple(key.networks),
        expires_at=key.expires_at,
    )
