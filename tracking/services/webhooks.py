"""Makes and changes webhook endpoints; the secret leaves once when it is made."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.utils import timezone

from accounts import audit
from accounts.audit import Actor
from accounts.tenancy import tenant_scope
from relay_saas.net.guard import guard_from_settings
from relay_saas.net.signature import new_secret
from relay_saas.net.target import parse_target
from relay_saas.web.errors import NotFound
from tracking.exceptions import BadWebhook, TooManyWebhooks
from tracking.models import WebhookCall, WebhookEndpoint
from tracking.selectors.event_words import SUBSCRIBABLE
from tracking.services.event_feed import last_number
from tracking.services.webhook_secrets import Part, open_part, seal_part

MOST_ENDPOINTS: Final = 50
MOST_BATCH: Final = 100
#: How long the old secret signs beside the new one.
OVERLAP: Final = timedelta(hours=24)
MAX_TEXT: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookDraft:
    """What a person or a key says of an endpoint; empty filters want everything."""

    url: str
    description: str = ""
    types: Sequence[str] = ()
    streams: Sequence[int] = ()
    tags: Sequence[str] = ()
    mode: str = WebhookEndpoint.Mode.LIVE.value
    format: str = WebhookEndpoint.Format.STANDARD.value
    batch: int = 1


def create_webhook(*, tenant_id: UUID, draft: WebhookDraft, actor: Actor) -> tuple[WebhookEndpoint, str]:
    """An endpoint that hears of what happens from now on, and its secret. Raises BadUrl, BadWebhook."""
    checked, userinfo = _check(draft)
    secret = new_secret()
    with tenant_scope(tenant_id):
        if WebhookEndpoint.objects.count() >= MOST_ENDPOINTS:
            raise TooManyWebhooks
        endpoint = WebhookEndpoint.objects.create(
            tenant_id=tenant_id, secret_sealed=b"", position=last_number(tenant_id=tenant_id), **checked
        )
        _keep_secret(endpoint, secret)
        _keep_userinfo(endpoint, userinfo)
        endpoint.save(update_fields=["secret_sealed", "userinfo_sealed"])
        audit.record(
            tenant_id=tenant_id, actor=actor, verb="created", subject=endpoint, changes={"url": endpoint.url}
        )
    return endpoint, secret


def change_webhook(
    *, tenant_id: UUID, endpoint_id: int, draft: WebhookDraft, actor: Actor
) -> WebhookEndpoint:
    """Raises NotFound, BadUrl, BadWebhook. A password that the new address does not name is kept."""
    checked, userinfo = _check(draft)
    with tenant_scope(tenant_id):
        endpoint = locked(endpoint_id)
        changes: dict[str, object] = {
            name: str(value) for name, value in checked.items() if getattr(endpoint, name) != value
        }
        same_host = endpoint.url == checked["url"]
        for name, value in checked.items():
            setattr(endpoint, name, value)
        if userinfo or not same_host:
            _keep_userinfo(endpoint, userinfo)
        endpoint.save(update_fields=[*checked, "userinfo_sealed"])
        audit.record(tenant_id=tenant_id, actor=actor, verb="changed", subject=endpoint, changes=changes)
    return endpoint


def delete_webhook(*, tenant_id: UUID, endpoint_id: int, actor: Actor) -> None:
    """Its calls stay in the log until they are old. Raises NotFound."""
    with tenant_scope(tenant_id):
        endpoint = locked(endpoint_id)
        audit.record(
            tenant_id=tenant_id, actor=actor, verb="deleted", subject=endpoint, changes={"url": endpoint.url}
        )
        # Nobody makes them any more, and what waits would ring for a run for ever.
        WebhookCall.objects.filter(endpoint_id=endpoint_id, state=WebhookCall.State.WAITING).update(
            state=WebhookCall.State.FAILED, urgent=False, done_at=timezone.now()
        )
        endpoint.delete()


def pause_webhook(*, tenant_id: UUID, endpoint_id: int, actor: Actor) -> WebhookEndpoint:
    """No more calls; what happens meanwhile waits in the feed. Raises NotFound."""
    with tenant_scope(tenant_id):
        endpoint = locked(endpoint_id)
        if endpoint.state == WebhookEndpoint.State.ACTIVE:
            endpoint.state, endpoint.disabled_at = WebhookEndpoint.State.PAUSED, timezone.now()
            endpoint.save(update_fields=["state", "disabled_at"])
            audit.record(tenant_id=tenant_id, actor=actor, verb="paused", subject=endpoint)
    return endpoint


def enable_webhook(
    *, tenant_id: UUID, endpoint_id: int, actor: Actor, missed: bool = True
) -> WebhookEndpoint:
    """Calls again: with `missed` also of what happened meanwhile. Raises NotFound."""
    with tenant_scope(tenant_id):
        endpoint = locked(endpoint_id)
        if endpoint.state != WebhookEndpoint.State.ACTIVE:
            endpoint.state, endpoint.reason = WebhookEndpoint.State.ACTIVE, ""
            endpoint.disabled_at = endpoint.told_at = endpoint.failing_since = endpoint.open_until = None
            endpoint.failures = 0
            if not missed:
                endpoint.position = last_number(tenant_id=tenant_id)
            endpoint.save()
            changes: dict[str, object] = {"missed": missed}
            audit.record(tenant_id=tenant_id, actor=actor, verb="enabled", subject=endpoint, changes=changes)
    return endpoint


def rotate_secret(*, tenant_id: UUID, endpoint_id: int, actor: Actor) -> tuple[WebhookEndpoint, str]:
    """A new secret; the old one signs beside it for OVERLAP more. Raises NotFound."""
    secret = new_secret()
    with tenant_scope(tenant_id):
        endpoint = locked(endpoint_id)
        endpoint.old_secret_sealed = endpoint.secret_sealed
        endpoint.old_secret_until = timezone.now() + OVERLAP
        _keep_secret(endpoint, secret)
        endpoint.save(update_fields=["secret_sealed", "old_secret_sealed", "old_secret_until"])
        audit.record(tenant_id=tenant_id, actor=actor, verb="rotated", subject=endpoint)
    return endpoint, secret


def secrets_of(endpoint: WebhookEndpoint, now: datetime) -> list[str]:
    """What signs at an instant, the newest first."""
    sealed = [endpoint.secret_sealed]
    if endpoint.old_secret_sealed and endpoint.old_secret_until and now < endpoint.old_secret_until:
        sealed.append(endpoint.old_secret_sealed)
    return [
        open_part(bytes(one), tenant_id=endpoint.tenant_id, endpoint_id=endpoint.pk, part=Part.SIGNING)
        for one in sealed
    ]


def locked(endpoint_id: int) -> WebhookEndpoint:
    """The row, for the rest of the transaction; raises NotFound."""
    endpoint = WebhookEndpoint.objects.select_for_update().filter(pk=endpoint_id).first()
    if endpoint is None:
        raise NotFound
    return endpoint


def _check(draft: WebhookDraft) -> tuple[dict[str, object], str]:
    """The columns, and the password of the address."""
    target = parse_target(draft.url.strip(), guard_from_settings())
    unknown = set(draft.types) - set(SUBSCRIBABLE)
    if unknown or not 1 <= draft.batch <= MOST_BATCH or draft.format not in WebhookEndpoint.Format.values:
        raise BadWebhook
    if draft.mode not in WebhookEndpoint.Mode.values:
        raise BadWebhook
    if len(draft.description) > MAX_TEXT or any(len(tag) > MAX_TEXT or "\0" in tag for tag in draft.tags):
        raise BadWebhook
    one_by_one = draft.format == WebhookEndpoint.Format.POSTMARK
    columns: dict[str, object] = {
        "url": target.url,
        "description": draft.description.replace("\0", ""),
        "types": list(dict.fromkeys(draft.types)),
        "streams": sorted(set(draft.streams)),
        "tags": list(dict.fromkeys(draft.tags)),
        "mode": draft.mode,
        "format": draft.format,
        "batch": 1 if one_by_one else draft.batch,
    }
    return columns, target.userinfo


def _keep_secret(endpoint: WebhookEndpoint, secret: str) -> None:
    endpoint.secret_sealed = seal_part(
        secret, tenant_id=endpoint.tenant_id, endpoint_id=endpoint.pk, part=Part.SIGNING
    )


def _keep_userinfo(endpoint: WebhookEndpoint, userinfo: str) -> None:
    if not userinfo:
        endpoint.userinfo_sealed = None
        return
    endpoint.userinfo_sealed = seal_part(
        userinfo, tenant_id=endpoint.tenant_id, endpoint_id=endpoint.pk, part=Part.USERINFO
    )
