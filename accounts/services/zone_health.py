"""Whether our zone answers what we mean: every record that tenants' CNAMEs lead to, and our own names."""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from django.conf import settings
from django.db import connection

from accounts.services.dns_records import (
    KeyFacts,
    dns_server,
    fixed_records,
    host_records,
    key_record_of,
    withdrawn_record_of,
)
from relay_saas.mail.dns import DnsTemporaryError, Resolver
from relay_saas.net.zone import RecordSet, ZoneRecord, publish, record_sets

#: Questions on their way at once.
ABREAST: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A name whose records of one type are not as they are meant; `unknown`: DNS did not answer."""

    wanted: RecordSet
    found: tuple[str, ...]
    unknown: bool = False


def whole_zone() -> Iterator[ZoneRecord]:
    """Everything that our zone is to hold, of all tenants."""
    yield from host_records()
    with connection.cursor() as cursor:
        cursor.execute("select * from zone_contents()")
        rows = cursor.fetchall()
    last = ""
    for label, selector, algorithm, public_txt, shown, withdrawn in rows:
        if label != last:
            yield from fixed_records(label)
            last = label
        if selector is None:
            continue
        key = KeyFacts(label=label, selector=selector, algorithm=algorithm, public_txt=public_txt)
        if shown:
            yield key_record_of(key)
        elif withdrawn:
            yield withdrawn_record_of(key)


def differences(records: Iterable[ZoneRecord]) -> list[Difference]:
    """Where the zone's server (else the system's resolver) answers differently; several records of one name
    and type are looked at together."""
    return asyncio.run(_differences(record_sets(records)))


def repair(found: Iterable[Difference]) -> int:
    """Publishes again what is not as it is meant; how many records. Raises ZoneRefused."""
    wanted = [
        record for difference in found if not difference.unknown for record in difference.wanted.records
    ]
    publish(wanted)
    return len(wanted)


async def _differences(sets: Sequence[RecordSet]) -> list[Difference]:
    resolver, places = Resolver(_server()), asyncio.Semaphore(ABREAST)

    async def look(wanted: RecordSet) -> Difference | None:
        async with places:
            try:
                found = await resolver.records(wanted.name, wanted.type)
            except DnsTemporaryError:
                return Difference(wanted=wanted, found=(), unknown=True)
        return None if wanted.shown_by(found) else Difference(wanted=wanted, found=found)

    looked = await asyncio.gather(*map(look, sets))
    return [difference for difference in looked if difference is not None]


def _server() -> tuple[str, int] | None:
    """The zone's own server: a cache would remember what stood there before."""
    host, _, port = settings.RELAY_ZONE_SERVER.rpartition(":")
    return (host, int(port)) if host else dns_server()
