"""A stream's own sending domain: what its mail takes where no domain is named, and no other mail may take."""

from uuid import UUID

from accounts import audit
from accounts.audit import Actor
from accounts.exceptions import DomainOfAnotherStream
from accounts.models import SendingDomain
from accounts.models.stream import Stream
from accounts.tenancy import tenant_scope
from relay_saas.web.errors import NotFound


def set_stream_domain(*, tenant_id: UUID, stream: Stream, domain_id: int | None, actor: Actor) -> None:
    """Gives the stream this domain in place of the one it had; None: it has none of its own.

    What was launched or accepted before keeps its domain. Raises NotFound, DomainOfAnotherStream.
    """
    with tenant_scope(tenant_id):
        domains = {domain.pk: domain for domain in SendingDomain.objects.select_for_update()}
        if domain_id is not None and domain_id not in domains:
            raise NotFound
        chosen = domains.get(domain_id) if domain_id is not None else None
        if chosen is not None and chosen.stream not in {None, stream}:
            raise DomainOfAnotherStream
        before = next((domain for domain in domains.values() if domain.stream == stream), None)
        if before == chosen:
            return
        if before is not None:
            _bind(before, None, actor)
        if chosen is not None:
            _bind(chosen, stream, actor)


def with_stream_domain(*, tenant_id: UUID, stream: Stream, address: str) -> str:
    """An address without a domain (`news`) at the stream's own domain; any other, and where it has none, as
    it is."""
    if not address or "@" in address:
        return address
    with tenant_scope(tenant_id):
        domain = SendingDomain.objects.filter(stream=stream).first()
    return address if domain is None else f"{address}@{domain.name}"


def _bind(domain: SendingDomain, stream: Stream | None, actor: Actor) -> None:
    before, domain.stream = domain.stream, stream
    domain.save(update_fields=["stream"])
    audit.record(
        tenant_id=domain.tenant_id,
        actor=actor,
        verb="assigned",
        subject=domain,
        changes={"stream": [before, None if stream is None else stream.value]},
    )
