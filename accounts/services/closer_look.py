"""Looks closely at sending domains and at our own addresses, and keeps what was found, with its time."""

import asyncio
import logging
from datetime import timedelta
from typing import Final
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from accounts.models import DkimKey, SendingDomain, SourceCheck
from accounts.services.dns_records import Egress, all_sources, dns_server, zone_records
from accounts.services.domain_checks import Subject, listed, look_closely
from accounts.tenancy import tenant_scope
from relay_saas.mail.dns import DnsTemporaryError, Resolver
from relay_saas.mail.posture.asks import Asks, Result, State
from relay_saas.mail.posture.reverse import reverse
from relay_saas.net.zone import ZoneRefused, publish

LOG = logging.getLogger(__name__)

AGAIN: Final = timedelta(minutes=10)


def look_at_domain(*, tenant_id: UUID, domain_id: int) -> list[Result]:
    """Every check of one domain; where the world finds another key than ours behind the tenant's CNAME, our
    zone is published again. Raises SendingDomain.DoesNotExist."""
    with tenant_scope(tenant_id):
        domain = SendingDomain.objects.get(pk=domain_id)
        keys = list(DkimKey.objects.filter(domain=domain).order_by("selector"))
    subject = Subject(
        name=domain.name,
        label=domain.label,
        keys=tuple((key.selector, key.public_txt) for key in keys if key.active),
        sources=tuple(source.address for source in all_sources()),
    )
    # No transaction is open while DNS answers.
    results = asyncio.run(_look(subject))
    now = timezone.now()
    with tenant_scope(tenant_id):
        looked = SendingDomain.objects.filter(pk=domain_id)
        looked.update(checks=[result.as_json() for result in results], looked_at=now)
        if any(result.state is State.PROBLEM for result in results):
            # What is wrong may stop a launch: it is not left like this for an hour.
            looked.filter(next_check_at__gt=now + AGAIN).update(next_check_at=now + AGAIN)
    if _ours_to_mend(domain, results):
        _publish_again(domain, keys)
    return results


def look_at_sources() -> None:
    """Names and block lists of every address that our mail leaves from."""
    for source, results in asyncio.run(_sources(all_sources())):
        SourceCheck.objects.update_or_create(
            address=source.address,
            defaults={
                "helo": source.helo,
                "results": [result.as_json() for result in results],
                "looked_at": timezone.now(),
            },
        )
    SourceCheck.objects.exclude(address__in=[source.address for source in all_sources()]).delete()


async def _look(subject: Subject) -> list[Result]:
    return await look_closely(Resolver(dns_server()), subject)


async def _sources(sources: list[Egress]) -> list[tuple[Egress, list[Result]]]:
    resolver = Resolver(dns_server())

    async def look(source: Egress) -> tuple[Egress, list[Result]]:
        lists = listed("block_lists", resolver, source.address, settings.RELAY_BLOCK_LISTS)
        return source, list(await asyncio.gather(reverse_name(resolver, source), lists))

    return list(await asyncio.gather(*map(look, sources)))


async def reverse_name(asks: Asks, source: Egress) -> Result:
    """RFC 1912 §2.1: the address has a name that leads back to it; best, the one it greets with."""
    try:
        found = await reverse(asks, source.address)
    except DnsTemporaryError:
        return Result(code="ptr", state=State.UNKNOWN, reason="dns")
    if not found.names:
        return Result(code="ptr", state=State.PROBLEM, reason="ptr_absent")
    if not found.confirmed:
        return Result(code="ptr", state=State.PROBLEM, reason="ptr_unconfirmed", found=found.names)
    if source.helo not in found.confirmed:
        values: dict[str, str | int] = {"helo": source.helo}
        return Result(
            code="ptr", state=State.WARNING, reason="ptr_not_helo", found=found.confirmed, values=values
        )
    return Result(code="ptr", state=State.OK, reason="ptr_stands", found=found.confirmed)


def _ours_to_mend(domain: SendingDomain, results: list[Result]) -> bool:
    """The tenant's part stands, and behind it our zone does not say what it should."""
    stands = domain.state == SendingDomain.State.VERIFIED and domain.drifting_since is None
    wrong = {result.code for result in results if result.state is State.PROBLEM}
    return stands and bool(wrong & {"dkim", "spf", "return_path"})


def _publish_again(domain: SendingDomain, keys: list[DkimKey]) -> None:
    LOG.warning("our zone does not say of %s what it should: published again", domain.name)
    try:
        publish(zone_records(domain, keys))
    except ZoneRefused:
        LOG.exception("the records of %s could not be published", domain.name)
