"""Who must not be mailed any more: suppressions and unsubscriptions, one service for all callers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from accounts import audit
from accounts.audit import SYSTEM, Actor
from accounts.tenancy import tenant_scope
from campaigns.exceptions import ReasonMissing
from campaigns.models import Contact, Subscription, Suppression
from relay_saas.mail.addresses import parse_address
from relay_saas.web.errors import NotFound

#: Shared with the queue runs, which speak plain psycopg: the first reason for an address and scope stays.
SUPPRESS_SQL: Final = """
insert into campaigns_suppression (tenant_id, email_key, scope, reason, detail, message_id, created_at)
values (%(tenant_id)s, %(email_key)s, %(scope)s, %(reason)s, %(detail)s, %(message_id)s, now())
on conflict (tenant_id, email_key, scope) do nothing
"""


def suppress(
    *,
    tenant_id: UUID,
    email_key: str,
    scope: Suppression.Scope,
    reason: Suppression.Reason,
    detail: str = "",
    message_id: UUID | None = None,
    actor: Actor = SYSTEM,
) -> bool:
    """Stops mail to `email_key` in `scope`; False where it was stopped already. Audited if by hand."""
    values: dict[str, Any] = {
        "tenant_id": tenant_id,
        "email_key": email_key,
        "scope": str(scope.value),
        "reason": str(reason.value),
        "detail": detail,
        "message_id": message_id,
    }
    with tenant_scope(tenant_id):
        with connection.cursor() as cursor:
            cursor.execute(SUPPRESS_SQL, values)
            added = bool(cursor.rowcount)
        if added and reason == Suppression.Reason.MANUAL:
            row = Suppression.objects.get(email_key=email_key, scope=scope)
            audit.record(tenant_id=tenant_id, actor=actor, verb="suppressed", subject=row)
    return added


#: What a person took back would come back with `resubscribe`; a complaint does not.
_COMPLAIN: Final = """
insert into campaigns_suppression as s (tenant_id, email_key, scope, reason, detail, message_id, created_at)
values (%(tenant_id)s, %(email_key)s, 'marketing', 'complained', %(detail)s, %(message_id)s, now())
on conflict (tenant_id, email_key, scope) do update set reason = excluded.reason, detail = excluded.detail,
  message_id = excluded.message_id where s.reason = 'unsubscribed'
"""


def complain(*, tenant_id: UUID, email_key: str, detail: str, message_id: UUID) -> bool:
    """Stops marketing to who complained; stronger than an opt-out. False where it was stopped as firmly."""
    values: dict[str, Any] = {
        "tenant_id": tenant_id,
        "email_key": email_key,
        "detail": detail[:500],
        "message_id": message_id,
    }
    with tenant_scope(tenant_id), connection.cursor() as cursor:
        cursor.execute(_COMPLAIN, values)
        return bool(cursor.rowcount)


def remove_suppression(*, tenant_id: UUID, suppression_id: int, reason: str, actor: Actor) -> None:
    """Lets an address be mailed again; raises NotFound, ReasonMissing."""
    reason = " ".join(reason.split())[:500]
    if not reason:
        raise ReasonMissing
    with tenant_scope(tenant_id):
        row = Suppression.objects.select_for_update().filter(pk=suppression_id).first()
        if row is None:
            raise NotFound
        audit.record(
            tenant_id=tenant_id,
            actor=actor,
            verb="removed",
            subject=row,
            changes={
                "address": row.email_key,
                "scope": row.scope,
                "why_it_stood": row.reason,
                "reason": reason,
            },
        )
        row.delete()


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """Suppressions of bounces by the rule that made them, the sites (None: any) and the time."""

    rule: str
    sites: Sequence[int] | None
    since: datetime
    before: datetime
    #: Only those that are still provisional.
    provisional: bool = False

    def rows(self) -> QuerySet[Suppression]:
        """Those of the tenant whose scope is open."""
        found = Suppression.objects.filter(
            reason=Suppression.Reason.BOUNCED,
            rule=self.rule,
            created_at__gte=self.since,
            created_at__lt=self.before,
        )
        if self.sites is not None:
            found = found.filter(site_id__in=list(self.sites))
        return found.filter(provisional_until__gt=timezone.now()) if self.provisional else found

    def changes(self, verb: str, count: int) -> dict[str, object]:
        """What the audit trail says of them."""
        return {
            verb: count,
            "rule": self.rule,
            "sites": None if self.sites is None else list(self.sites),
            "from": self.since.isoformat(),
            "to": self.before.isoformat(),
        }


def undo_bounces(*, tenant_id: UUID, chosen: Chosen, actor: Actor, dry_run: bool = False) -> int:
    """Lets the addresses be mailed again that these bounces suppressed; returns how many. One audit event."""
    with tenant_scope(tenant_id):
        count = chosen.rows().count()
        if dry_run or not count:
            return count
        _note_all(tenant_id, chosen, actor, "undone", count)
        deleted, _ = chosen.rows().delete()
    return deleted


def confirm_bounces(*, tenant_id: UUID, chosen: Chosen, actor: Actor, dry_run: bool = False) -> int:
    """Ends that these are provisional: the bounces were right. Returns how many; one audit event."""
    with tenant_scope(tenant_id):
        count = chosen.rows().count()
        if dry_run or not count:
            return count
        _note_all(tenant_id, chosen, actor, "confirmed", count)
        return chosen.rows().update(provisional_until=None)


def _note_all(tenant_id: UUID, chosen: Chosen, actor: Actor, verb: str, count: int) -> None:
    """The first of them stands for all in the trail."""
    subject = chosen.rows().order_by("pk")[0]
    changes = chosen.changes(verb, count)
    audit.record(tenant_id=tenant_id, actor=actor, verb=verb, subject=subject, changes=changes)


def unsubscribe(
    *, tenant_id: UUID, email_key: str, contact_id: int | None, mailing_list_id: int | None, source: str
) -> bool:
    """Ends the list, or all marketing where none is known or the contact was deleted; False where it had
    ended.

    Who never was a contact becomes one: what they have left must be remembered.
    """
    with tenant_scope(tenant_id):
        if mailing_list_id is not None and contact_id is None:
            contact_id = _known(tenant_id, email_key)
        if mailing_list_id is None or contact_id is None or not _exists(contact_id):
            return suppress(
                tenant_id=tenant_id,
                email_key=email_key,
                scope=Suppression.Scope.MARKETING,
                reason=Suppression.Reason.UNSUBSCRIBED,
                detail=source,
            )
        _, added = Subscription.objects.get_or_create(
            tenant_id=tenant_id,
            mailing_list_id=mailing_list_id,
            contact_id=contact_id,
            defaults={"state": Subscription.State.UNSUBSCRIBED, "source": source},
        )
        return added or _move(mailing_list_id, contact_id, Subscription.State.UNSUBSCRIBED, source)


def resubscribe(
    *, tenant_id: UUID, email_key: str, contact_id: int | None, mailing_list_id: int | None, source: str
) -> bool:
    """Undoes a person's own unsubscription; complaints and bounces stay. False where nothing changed."""
    with tenant_scope(tenant_id):
        lifted, _ = Suppression.objects.filter(
            email_key=email_key,
            scope=Suppression.Scope.MARKETING,
            reason=Suppression.Reason.UNSUBSCRIBED,
        ).delete()
        if contact_id is None:
            contact_id = Contact.objects.filter(email_key=email_key).values_list("pk", flat=True).first()
        moved = (
            mailing_list_id is not None
            and contact_id is not None
            and _move(mailing_list_id, contact_id, Subscription.State.SUBSCRIBED, source)
        )
    return moved or lifted > 0


def _known(tenant_id: UUID, email_key: str) -> int:
    address = parse_address(email_key)
    contact, _added = Contact.objects.get_or_create(
        tenant_id=tenant_id,
        email_key=email_key,
        defaults={
            "email": str(address),
            "domain": address.domain,
            "needs_smtputf8": address.needs_smtputf8,
        },
    )
    return contact.pk


def _exists(contact_id: int) -> bool:
    return Contact.objects.filter(pk=contact_id).exists()


def _move(mailing_list_id: int, contact_id: int, state: Subscription.State, source: str) -> bool:
    moved = (
        Subscription.objects.filter(mailing_list_id=mailing_list_id, contact_id=contact_id)
        .exclude(state=state)
        .update(state=state, source=source, reason="", changed_at=timezone.now())
    )
    return moved > 0
