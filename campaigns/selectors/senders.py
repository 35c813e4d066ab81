"""The domains that a campaign may be sent from."""

from uuid import UUID

from django.db.models import F, Q

from accounts.models import SendingDomain
from accounts.models.stream import Stream
from accounts.tenancy import reading_scope


def marketing_domains(*, tenant_id: UUID) -> tuple[str, ...]:
    """Verified names, marketing's own first; those of other streams are not among them."""
    with reading_scope(tenant_id):
        free = SendingDomain.objects.filter(
            Q(stream=None) | Q(stream=Stream.MARKETING), state=SendingDomain.State.VERIFIED
        )
        ordered = free.order_by(F("stream").asc(nulls_last=True), "name")
        return tuple(ordered.values_list("name", flat=True))
