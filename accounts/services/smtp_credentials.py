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
from accounts.exceptions import BadCredential
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
#: Seconds that a good sign-in is remembered by this process, so that a session per message stays cheap; a
#: revoked credential works as long elsewhere.
REMEMBERED: Final = 5.0
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


_remembered: dict[bytes, tuple[float, AuthenticatedCredential]] = {}


def create(*, tenant_id: UUID, draft: CredentialDraft, actor: Actor) -> tuple[SmtpCredential, str]:
    """The credential's row and its password, which exists nowhere else; raises BadCredential."""
    username = USERNAME_PREFIX + base64.b32encode(secrets.token_bytes(10)).decode().lower()
    password = PASSWORD_PREFIX + secrets.token_urlsafe(32)
    with tenant_scope(tenant_id):
        # Two at once come one after the other.
        Tenant.objects.select_for_update().get(pk=tenant_id)
        values = values_of(draft)
        if SmtpCredential.objects.filter(name=values["name"], revoked_at=None).exists():
            detail = _("A credential of this name works already. Choose another name.")
            raise BadCredential(errors=[FieldProblem(pointer="/name", code="name_taken", detail=detail)])
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


def revoke(*, tenant_id: UUID, credential_id: int, actor: Actor) -> None:
    """Ends a credential; ending it again changes nothing. Raises NotFound.

    Servers that have just seen it take it for REMEMBERED seconds more.
    """
    with tenant_scope(tenant_id):
        credential = SmtpCredential.objects.select_for_update().filter(pk=credential_id).first()
        if credential is None:
            raise NotFound
        if credential.revoked_at is None:
            credential.revoked_at = timezone.now()
            credential.save(update_fields=["revoked_at"])
            changes: dict[str, object] = {"name": credential.name, "username": credential.username}
            audit.record(
                tenant_id=tenant_id, actor=actor, verb="revoked", subject=credential, changes=changes
            )
    for digest, (_until, known) in list(_remembered.items()):
        if known.credential_id == credential_id:
            _remembered.pop(digest, None)


def authenticate(*, username: str, password: str, peer: str) -> AuthenticatedCredential | None:
    """The credential, or None for every other name, password and address `peer`, all in the same time.

    User name and password make one digest, and that alone is looked up: an unknown name, a known one with a
    wrong password and a wrong pepper are the same question.
    """
    if len(username) > _MOST_OCTETS or len(password) > _MOST_OCTETS:
        # The same work as for the others.
        username, password = "", ""
    digest = _digest(username, password)
    until, found = _remembered.get(digest, (0.0, None))
    if found is None or until < time.monotonic():
        found = _look_up(digest)
        if found is None:
            return None
        _remember(digest, found)
    return found if comes_from(peer, found.networks) else None


def is_working(credential: AuthenticatedCredential) -> bool:
    """Whether it has not been revoked: a long session asks now and then."""
    with tenant_scope(credential.tenant_id):
        return SmtpCredential.objects.filter(pk=credential.credential_id, revoked_at=None).exists()


def _digest(username: str, password: str) -> bytes:
    # Letter case of the name is the mail program's business. NUL separates: no client can send it.
    text = f"{username.lower()}\0{password}".encode("utf-8", "surrogatepass")
    return hmac.digest(settings.RELAY_API_PEPPER, text, hashlib.sha256)


def _look_up(digest: bytes) -> AuthenticatedCredential | None:
    with connection.cursor() as cursor:
        cursor.execute("select tenant_id, credential_id from resolve_smtp_credential(%s)", [digest])
        row = cursor.fetchone()
    if row is None:
        return None
    tenant_id, credential_id = row
    now = timezone.now()
    with tenant_scope(tenant_id):
        credential = SmtpCredential.objects.filter(pk=credential_id, revoked_at=None).first()
        if credential is None:
            return None
        old = Q(last_used_at=None) | Q(last_used_at__lt=now - LAST_USED_STEP)
        SmtpCredential.objects.filter(old, pk=credential_id).update(last_used_at=now)
    return AuthenticatedCredential(
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


def _remember(digest: bytes, found: AuthenticatedCredential) -> None:
    if len(_remembered) >= _MOST_REMEMBERED:
        _remembered.clear()
    _remembered[digest] = (time.monotonic() + REMEMBERED, found)
