"""A run whose time is over waits for servers that do not answer beside its work, not instead of it."""

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from ipaddress import ip_network

from accounts.models import Tenant
from accounts.tenancy import tenant_scope
from delivery.engine.config import EngineConfig
from delivery.engine.run import Run
from delivery.models import Attempt, AttemptState, QueueEntry
from relay_saas.mail.smtp.limits import Timeouts
from tests.integration.dns_server import DnsServer
from tests.integration.scripted_server import ScriptedServer, Turn

STEADY = 30


def test_a_server_that_does_not_answer_keeps_nobody_waiting_at_the_end_of_a_run(
    name: str, tenant: Tenant, config: EngineConfig, launch: Callable[..., int]
) -> None:
    launch([f"who@hole.{name}", *(f"p{number}@steady.{name}" for number in range(STEADY))])
    zone = {
        (f"hole.{name}", "MX"): [f"10 mx.hole.{name}."],
        (f"mx.hole.{name}", "A"): ["127.0.0.9"],
        (f"steady.{name}", "MX"): [f"10 mx.steady.{name}."],
        (f"mx.steady.{name}", "A"): ["127.0.0.1"],
    }

    served = asyncio.Event()
    left = iter(range(STEADY - 1, -1, -1))

    async def thinks(_: Turn) -> None:
        await asyncio.sleep(0.25)
        if not next(left):
            served.set()

    async def run() -> None:
        async with DnsServer(zone) as dns, ScriptedServer(before_read=thinks) as steady:

            async def silent(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                await served.wait()
                writer.close()

            hole = await asyncio.start_server(silent, "127.0.0.9", steady.port)
            told = replace(
                config,
                dns=dns.address,
                smtp_port=steady.port,
                networks=(ip_network("127.0.0.0/8"),),
                smtp_timeouts=Timeouts(banner=20),
                # One session a site: the work outlasts the time.
                sessions=10,
                claim_seconds=2,
                idle_seconds=1.5,
            )
            await Run(told, lambda: False).execute()
            hole.close()

    asyncio.run(run())
    with tenant_scope(tenant.pk):
        found = Counter(Attempt.objects.values_list("state", flat=True))
        QueueEntry.objects.all().delete()
    assert found == {AttemptState.DELIVERED: STEADY, AttemptState.DEFERRED: 1}
