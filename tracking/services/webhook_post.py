"""Mail to developers whose endpoint was disabled."""

from uuid import UUID

from django.db import connection
from django.urls import reverse
from django.utils import timezone

from accounts.permissions import Capability
from accounts.services.post import link_to, people_with, send
from accounts.tenancy import tenant_scope
from tracking.models import WebhookEndpoint


def tell_of_disabled() -> int:
    """Writes to those who can mend it, once; how many endpoints it was about."""
    with connection.cursor() as cursor:
        cursor.execute("select tenant_id, endpoint_id from webhooks_to_tell()")
        found: list[tuple[UUID, int]] = cursor.fetchall()
    for tenant_id, endpoint_id in found:
        with tenant_scope(tenant_id):
            _tell(endpoint_id)
    return len(found)


def _tell(endpoint_id: int) -> None:
    endpoint = (
        WebhookEndpoint.objects.select_for_update(of=("self",)).select_related("tenant").get(pk=endpoint_id)
    )
    if endpoint.told_at is not None or endpoint.state != WebhookEndpoint.State.DISABLED:
        return
    endpoint.told_at = timezone.now()
    endpoint.save(update_fields=["told_at"])
    tenant = endpoint.tenant
    context = {
        "endpoint": endpoint,
        "gone": endpoint.reason == WebhookEndpoint.Reason.GONE,
        "organization": tenant.name,
        "link": link_to(reverse("tracking:webhook", args=[tenant.slug, endpoint.pk])),
    }
    for person in people_with(Capability.DEVELOPERS_EDIT):
        send(
            to=person.email,
            language=person.locale,
            letter="webhook_disabled",
            context=context,
            time_zone=tenant.time_zone,
        )
