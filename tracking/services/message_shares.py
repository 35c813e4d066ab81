"""Links to one message's way: made for seven days, taken back at any time, each in the audit trail."""

from datetime import timedelta
from typing import Final
from uuid import UUID

from django.core import signing
from django.utils import timezone

from accounts import audit
from accounts.audit import Actor
from accounts.tenancy import tenant_scope
from delivery.models import Message
from relay_saas.mail.ids import format_id
from relay_saas.web.errors import NotFound
from tracking.exceptions import ShareEnded, ShareUnknown
from tracking.models import MessageShare

SALT: Final = "tracking.message_share"
LIFETIME: Final = timedelta(days=7)
#: Links to one message that are good at a time.
MOST: Final = 20


def share_message(*, tenant_id: UUID, message_id: UUID, actor: Actor) -> MessageShare:
    """A link that is good for LIFETIME; the oldest ends where there are too many. Raises NotFound."""
    with tenant_scope(tenant_id):
        if not Message.objects.filter(id=message_id).exists():
            raise NotFound
        now = timezone.now()
        good = MessageShare.objects.filter(message_id=message_id, revoked_at=None, expires_at__gt=now)
        surplus = list(good.order_by("-pk").values_list("pk", flat=True)[MOST - 1 :])
        MessageShare.objects.filter(pk__in=surplus).update(revoked_at=now)
        share = MessageShare.objects.create(
            tenant_id=tenant_id, message_id=message_id, made_by=actor.name, expires_at=now + LIFETIME
        )
        audit.record(
            tenant_id=tenant_id,
            actor=actor,
            verb="shared",
            subject=share,
            changes={"message": format_id("msg", message_id), "until": share.expires_at.isoformat()},
        )
    return share


def revoke_share(*, tenant_id: UUID, message_id: UUID, share_id: int, actor: Actor) -> None:
    """Ends a link at once; one that has ended stays as it is. Raises NotFound."""
    with tenant_scope(tenant_id):
        share = MessageShare.objects.filter(pk=share_id, message_id=message_id).first()
        if share is None:
            raise NotFound
        if MessageShare.objects.filter(pk=share_id, revoked_at=None).update(revoked_at=timezone.now()):
            changes: dict[str, object] = {"message": format_id("msg", message_id)}
            audit.record(tenant_id=tenant_id, actor=actor, verb="revoked", subject=share, changes=changes)


def share_token(share: MessageShare) -> str:
    """What stands in the link."""
    return signing.dumps([share.tenant_id.hex, share.pk], salt=SALT)


def shared_message(token: str) -> MessageShare:
    """The link behind a token, if it is still good; raises ShareEnded, ShareUnknown."""
    try:
        tenant, share_id = signing.loads(token, salt=SALT)
    except signing.BadSignature as error:
        raise ShareUnknown from error
    with tenant_scope(UUID(tenant)):
        share = MessageShare.objects.filter(pk=share_id).first()
    if share is None:
        raise ShareUnknown
    if share.revoked_at is not None or share.expires_at <= timezone.now():
        raise ShareEnded
    return share
