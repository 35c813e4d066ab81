"""One click ends it: the subscription, the queued mail and the record, in one transaction."""

from django.db import connection
from django.utils import timezone

from accounts.tenancy import tenant_scope
from campaigns.services.suppression import resubscribe, unsubscribe
from delivery.services.doubt import RESOLVE_SQL, resolve_parameters
from delivery.services.stop import suppress_queued
from tracking.models import Engagement
from tracking.selectors.recipient import Recipient
from tracking.services.record import RECORD_SQL, Engaged, proofs, record_parameters


def opt_out(recipient: Recipient, *, source: str, address: str, user_agent: str) -> None:
    """Ends the list that the message belongs to, else all marketing; repeating it changes nothing.

    `source` is `one_click`, `page` or `mailto`. Committed when it returns, and queued mail is gone with it.
    """
    with tenant_scope(recipient.tenant_id):
        changed = unsubscribe(
            tenant_id=recipient.tenant_id,
            email_key=recipient.email_key,
            contact_id=recipient.contact_id,
            mailing_list_id=recipient.list_id,
            source=source,
        )
        if not changed:
            return
        suppress_queued(
            tenant_id=recipient.tenant_id, email_key=recipient.email_key, mailing_list_id=recipient.list_id
        )
        _record(recipient, Engagement.Kind.UNSUBSCRIBED, source, address, user_agent)


def opt_in_again(recipient: Recipient, *, address: str, user_agent: str) -> None:
    """Undoes a mistaken unsubscribe; mail that was taken from the queue stays unsent."""
    with tenant_scope(recipient.tenant_id):
        changed = resubscribe(
            tenant_id=recipient.tenant_id,
            email_key=recipient.email_key,
            contact_id=recipient.contact_id,
            mailing_list_id=recipient.list_id,
            source="undo",
        )
        if changed:
            _record(recipient, Engagement.Kind.RESUBSCRIBED, "undo", address, user_agent)


def _record(recipient: Recipient, kind: str, reason: str, address: str, user_agent: str) -> None:
    engaged = Engaged(
        message_id=recipient.message_id,
        kind=kind,
        at=timezone.now(),
        reason=reason,
        address=address,
        user_agent=user_agent,
    )
    with connection.cursor() as cursor:
        cursor.execute(RECORD_SQL, record_parameters(recipient.tenant_id, [engaged]))
        cursor.execute(RESOLVE_SQL, resolve_parameters(recipient.tenant_id, proofs([engaged])))
