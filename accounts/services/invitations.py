"""Asks people into an organization by mail: a link of 256 random bits, for seven days and one use."""

import hashlib
import hmac
import secrets
from datetime import timedelta
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, connection
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from accounts import audit
from accounts.audit import Actor
from accounts.exceptions import (
    AlreadyMember,
    InvitationForSomebodyElse,
    InvitationGone,
    InvitedTooOften,
    RoleBeyondOwn,
)
from accounts.models import Invitation, Membership, Role, Tenant, User
from accounts.permissions import covers
from accounts.services import post
from accounts.services.tenants import add_member
from accounts.tenancy import tenant_scope
from relay_saas.web.errors import NotFound

LIFE: Final = timedelta(days=7)
#: Each is a mail to somebody who asked for nothing.
MOST_OPEN: Final = 100
PAUSE: Final = timedelta(minutes=1)
_TOKEN_BYTES: Final = 32


def digest(token: str) -> bytes:
    """What is stored of a link's token."""
    return hmac.digest(settings.RELAY_API_PEPPER, b"invitation:" + token.encode(), hashlib.sha256)


def invite(*, tenant_id: UUID, email: str, role: Role, by: Role, actor: Actor) -> Invitation:
    """Mails a link; an open invitation of the same address is replaced.

    Raises RoleBeyondOwn, AlreadyMember, InvitedTooOften.
    """
    email = email.lower()
    if not covers(by, role):
        raise RoleBeyondOwn
    now, token = timezone.now(), secrets.token_urlsafe(_TOKEN_BYTES)
    with tenant_scope(tenant_id):
        # Two who ask the same person at once come one after the other.
        tenant = Tenant.objects.select_for_update().get(pk=tenant_id)
        if Membership.objects.filter(tenant_id=tenant_id, user__email=email).exists():
            raise AlreadyMember
        waiting = open_invitations(tenant_id)
        waiting.filter(email=email).update(revoked_at=now)
        if waiting.count() >= MOST_OPEN:
            raise InvitedTooOften
        invitation = Invitation.objects.create(
            tenant_id=tenant_id,
            email=email,
            role=role,
            hash=digest(token),
            invited_by=actor.name,
            sent_at=now,
            expires_at=now + LIFE,
        )
        _note(invitation, "invited", actor)
        _send(invitation, token, tenant)
    return invitation


def resend(*, tenant_id: UUID, invitation_id: int, by: Role, actor: Actor) -> Invitation:
    """Mails a new link for seven days more, and ends the old one; raises NotFound, RoleBeyondOwn,
    InvitedTooOften."""
    now, token = timezone.now(), secrets.token_urlsafe(_TOKEN_BYTES)
    with tenant_scope(tenant_id):
        invitation = _locked(tenant_id, invitation_id)
        if not covers(by, Role(invitation.role)):
            raise RoleBeyondOwn
        if now - invitation.sent_at < PAUSE:
            raise InvitedTooOften
        invitation.hash, invitation.sent_at, invitation.expires_at = digest(token), now, now + LIFE
        invitation.save(update_fields=["hash", "sent_at", "expires_at"])
        _note(invitation, "invited", actor)
        _send(invitation, token, Tenant.objects.get(pk=tenant_id))
    return invitation


def revoke(*, tenant_id: UUID, invitation_id: int, actor: Actor) -> Invitation:
    """Withdraws it: the link ends at once; raises NotFound."""
    with tenant_scope(tenant_id):
        invitation = _locked(tenant_id, invitation_id)
        invitation.revoked_at = timezone.now()
        invitation.save(update_fields=["revoked_at"])
        _note(invitation, "withdrawn", actor)
    return invitation


def find(token: str) -> Invitation:
    """The invitation of a link, with its tenant; raises InvitationGone for whatever may not be used."""
    with connection.cursor() as cursor:
        cursor.execute("select tenant_id, invitation_id from resolve_invitation(%s)", [digest(token)])
        row = cursor.fetchone()
    if row is None:
        raise InvitationGone
    tenant_id, invitation_id = row
    with tenant_scope(tenant_id):
        found = open_invitations(tenant_id).select_related("tenant").filter(pk=invitation_id).first()
    if found is None or found.expired:
        raise InvitationGone
    return found


def accept(*, token: str, user: User, address: str = "") -> Membership:
    """Makes `user` a member, once; who is one already keeps the role.

    Raises InvitationGone, InvitationForSomebodyElse.
    """
    found = find(token)
    if user.email != found.email:
        raise InvitationForSomebodyElse
    actor = Actor(name=user.email, user_id=user.pk, address=address)
    with tenant_scope(found.tenant_id):
        invitation = open_invitations(found.tenant_id).select_for_update().filter(pk=found.pk).first()
        if invitation is None or invitation.hash != digest(token):
            raise InvitationGone
        invitation.accepted_at = timezone.now()
        invitation.save(update_fields=["accepted_at"])
        present = Membership.objects.filter(tenant_id=found.tenant_id, user=user).first()
        if present is not None:
            return present
        return add_member(tenant_id=found.tenant_id, user=user, role=Role(invitation.role), actor=actor)


def join(*, token: str, name: str, password: str, locale: str, address: str = "") -> User:
    """Makes a person of the invitation's address and accepts it.

    Raises InvitationGone, and InvitationForSomebodyElse where the address has an account: its owner signs in.
    """
    found = find(token)
    try:
        with tenant_scope(found.tenant_id):
            # A second press of the button comes after the first, and finds the invitation used.
            if open_invitations(found.tenant_id).select_for_update().filter(pk=found.pk).first() is None:
                raise InvitationGone
            user = User.objects.create_user(found.email, password, name=name, locale=locale)
            accept(token=token, user=user, address=address)
    except IntegrityError as error:
        raise InvitationForSomebodyElse from error
    return user


def open_invitations(tenant_id: UUID) -> QuerySet[Invitation]:
    """Those that nobody has used or withdrawn, too old ones included."""
    return Invitation.objects.filter(tenant_id=tenant_id, accepted_at=None, revoked_at=None)


def _locked(tenant_id: UUID, invitation_id: int) -> Invitation:
    found = open_invitations(tenant_id).select_for_update().filter(pk=invitation_id).first()
    if found is None:
        raise NotFound
    return found


def _note(invitation: Invitation, verb: str, actor: Actor) -> None:
    changes: dict[str, object] = {"person": invitation.email, "role": invitation.role}
    audit.record(tenant_id=invitation.tenant_id, actor=actor, verb=verb, subject=invitation, changes=changes)


def _send(invitation: Invitation, token: str, tenant: Tenant) -> None:
    """In the person's own language where they have an account, else in the organization's."""
    known = User.objects.filter(email=invitation.email).values_list("locale", flat=True).first()
    post.invitation(
        to=invitation.email,
        language=known or tenant.locale,
        organization=tenant.name,
        inviter=invitation.invited_by,
        role=Role(invitation.role),
        path=reverse("account_invitation", args=[token]),
        expires_at=invitation.expires_at,
        time_zone=tenant.time_zone,
    )
