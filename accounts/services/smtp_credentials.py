"""SMTP credentials: a user name and 256 random bits, shown once, stored as HMAC-SHA-256 under the pepper."""

import base64
import hashlib
import hmac
import secrets
import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit
from accounts.audit import Actor
from accounts.exceptions import BadCredential, CredentialEnded
from accounts.models import SmtpCredential, Tenant
from accounts.models.stream import Stream
from accounts.services.networks import comes_from
from accounts.services.smtp_draft import CredentialDraft, values_of
from accounts.tenancy import tenant_scope
from relay_saas.mail.addresses import Address
from relay_saas.mail.from_pattern import permitted
from relay_saas.web.errors import NotFound
from relay_saas.web.problems import FieldProblem

USERNAME_PREFIX: Final = "smtp_"
#: Scanners of source code know a secret of ours by it.
PASSWORD_PREFIX: Final = "rly_smtp_"  # noqa: S105 - the password comes behind it
#: `last_used_at` is for people; once a minute is exact enough and spares a write per session.
LAST_USED_STEP: Final = timedelta(minutes=1)
#: Seconds that a process goes by what it read of a credential, so that a session per message stays cheap and
#: a long one asks seldom; a changed or revoked credential works as before for as long elsewhere.
REMEMBERED: Final = 1.0
_MOST_REMEMBERED: Final = 10_000
#: Longer than any of ours.
_MOST_OCTETS: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthenticatedCredential:
    """A credential that was recognised, and what it may do."""

    tenant_id: UUID
    credential_id: int
    name: str
    #: Patterns in their one form; empty: every verified domain of the organization.
    allowed_from: tuple[str, ...]
    networks: tuple[str, ...]
    stream: Stream
    track_opens: bool
    track_clicks: bool
    #: Recipients in a minute and in a day; None: no limit.
    rate_per_minute: int | None
    daily_limit: int | None
    #: Empty: no reports, and DSN is not offered.
    bounce_notice: str

    def may_send_from(self, address: Address) -> bool:
        """Whether From may be this address; that its domain is verified is asked when mail is accepted."""
        return not self.allowed_from or permitted(address, self.allowed_from)


#: Whose user name and password make this digest, for good: the secret of a credential never changes.
_places: dict[bytes, tuple[UUID, int]] = {}
#: What was read last of a credential, and until when that counts.
_remembered: dict[int, tuple[float, AuthenticatedCredential]] = {}


def create(*, tenant_id: UUID, draft: CredentialDraft, actor: Actor) -> tuple[SmtpCredential, str]:
    """The credential's row and its password, which exists nowhere else; raises BadCredential."""
    username = USERNAME_PREFIX + base64.b32encode(secrets.token_bytes(10)).decode().lower()
    password = PASSWORD_PREFIX + secrets.token_urlsafe(32)
    with tenant_scope(tenant_id):
        # Two at once come one after the other.
        Tenant.objects.select_for_update().get(pk=tenant_id)
        values = values_of(draft)
        _refuse_taken(values["name"])
        credential = SmtpCredential.objects.create(
            tenant_id=tenant_id, username=username, hash=_digest(username, password), **values
        )
        changes: dict[str, object] = {
            "name": credential.name,
            "username": username,
            "allowed_from": credential.allowed_from,
            "networks": credential.networks,
        }
        audit.record(tenant_id=tenant_id, actor=actor, verb="issued", subject=credential, changes=changes)
    return credential, password


def update(*, tenant_id: UUID, credential_id: int, draft: CredentialDraft, actor: Actor) -> SmtpCredential:
    """Changes what it may do; user name and password stay. Raises NotFound, CredentialEnded, BadCredential.

    Servers that have just seen it go by what it was for REMEMBERED seconds more.
    """
    with tenant_scope(tenant_id):
        credential = _locked(credential_id)
        if credential.revoked_at is not None:
            raise CredentialEnded
        Tenant.objects.select_for_update().get(pk=tenant_id)
        values = values_of(draft, kept=credential)
        _refuse_taken(values["name"], but=credential_id)
        changes: dict[str, object] = {
            name: [_plain(getattr(credential, name)), _plain(value)]
            for name, value in values.items()
            if getattr(credential, name) != value
        }
        for name in changes:
            setattr(credential, name, values[name])
        if changes:
            credential.save(update_fields=list(changes))
            audit.record(
                tenant_id=tenant_id, actor=actor, verb="changed", subject=credential, changes=changes
            )
    _remembered.pop(credential_id, None)
    return credential


def revoke(*, tenant_id: UUID, credential_id: int, actor: Actor) -> None:
    """Ends a credential; ending it again changes nothing. Raises NotFound.

    Servers that have just seen it take it for REMEMBERED seconds more.
    """
    with tenant_scope(tenant_id):
        credential = _locked(credential_id)
        if credential.revoked_at is None:
            credential.revoked_at = timezone.now()
            credential.save(update_fields=["revoked_at"])
            changes: dict[str, object] = {"name": credential.name, "username": credential.username}
            audit.record(
                tenant_id=tenant_id, actor=actor, verb="revoked", subject=credential, changes=changes
            )
    _remembered.pop(credential_id, None)


def authenticate(*, username: str, password: str, peer: str) -> AuthenticatedCredential | None:
    """The credential, or None for every other name, password and address `peer`, all in the same time.

    User name and password make one digest, and that alone is looked up: an unknown name, a known one with a
    wrong password and a wrong pepper are the same question.
    """
    if len(username) > _MOST_OCTETS or len(password) > _MOST_OCTETS:
        # The same work as for the others.
        username, password = "", ""
    digest = _digest(username, password)
    place = _places.get(digest) or _look_up(digest)
    found = current(*place) if place is not None else None
    return found if found is not None and comes_from(peer, found.networks) else None


def recall(credential_id: int) -> AuthenticatedCredential | None:
    """What this process read of it within the last REMEMBERED seconds; asks no database."""
    until, found = _remembered.get(credential_id, (0.0, None))
    return found if until >= time.monotonic() else None


def current(tenant_id: UUID, credential_id: int) -> AuthenticatedCredential | None:
    """The credential as it is now, but for REMEMBERED seconds; None where it has ended."""
    return recall(credential_id) or _read(tenant_id, credential_id)


def _locked(credential_id: int) -> SmtpCredential:
    credential = SmtpCredential.objects.select_for_update().filter(pk=credential_id).first()
    if credential is None:
        raise NotFound
    return credential


def _refuse_taken(name: str, but: int = 0) -> None:
    if SmtpCredential.objects.filter(name=name, revoked_at=None).exclude(pk=but).exists():
        detail = _("A credential of this name works already. Choose another name.")
        raise BadCredential(errors=[FieldProblem(pointer="/name", code="name_taken", detail=detail)])


def _plain(value: object) -> object:
    return int(value) if isinstance(value, Stream) else value


def _digest(username: str, password: str) -> bytes:
    # Letter case of the name is the mail program's business. NUL separates: no client can send it.
    text = f"{username.lower()}\0{password}".encode("utf-8", "surrogatepass")
    return hmac.digest(settings.RELAY_API_PEPPER, text, hashlib.sha256)


def _look_up(digest: bytes) -> tuple[UUID, int] | None:
    with connection.cursor() as cursor:
        cursor.execute("select tenant_id, credential_id from resolve_smtp_credential(%s)", [digest])
        row = cursor.fetchone()
    if row is None:
        return None
    if len(_places) >= _MOST_REMEMBERED:
        _places.clear()
    _places[digest] = place = (row[0], row[1])
    return place


def _read(tenant_id: UUID, credential_id: int) -> AuthenticatedCredential | None:
    now = timezone.now()
    with tenant_scope(tenant_id):
        credential = SmtpCredential.objects.filter(pk=credential_id, revoked_at=None).first()
        if credential is None:
            return None
        old = Q(last_used_at=None) | Q(last_used_at__lt=now - LAST_USED_STEP)
        SmtpCredential.objects.filter(old, pk=credential_id).update(last_used_at=now)
    found = AuthenticatedCredential(
        tenant_id=tenant_id,
        credential_id=credential_id,
        name=credential.name,
        allowed_from=tuple(credential.allowed_from),
        networks=tuple(credential.networks),
        stream=Stream(credential.stream),
        track_opens=credential.track_opens,
        track_clicks=credential.track_clicks,
        rate_per_minute=credential.rate_per_minute,
        daily_limit=credential.daily_limit,
        bounce_notice=credential.bounce_notice,
    )
    if len(_remembered) >= _MOST_REMEMBERED:
        _remembered.clear()
    _remembered[credential_id] = (time.monotonic() + REMEMBERED, found)
    return found
