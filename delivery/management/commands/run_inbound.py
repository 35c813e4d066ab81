"""`run_inbound`: takes bounces and unsubscribe mail by SMTP until TERM or INT."""

import asyncio
import logging
import signal
from contextlib import suppress
from typing import Any, Final

from django.conf import settings
from django.core.management import BaseCommand
from django.db import connection

from delivery.inbound.address import token_keys
from delivery.inbound.certificate import server_context
from delivery.inbound.server import InboundServer
from relay_saas.runtime import refuse_unsafe_start

log = logging.getLogger(__name__)

#: Seconds between two looks for mail that was kept and not handled.
SWEEP: Final = 60


class Command(BaseCommand):
    """One process; several may share the work behind one MX name."""

    # They would load every page; what a process has to refuse at its start is `refuse_unsafe_start`.
    requires_system_checks: tuple[str, ...] = ()
    help = "Takes mail to return paths and unsubscribe addresses."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Runs until it is told to stop; raises ImproperlyConfigured: nets off, bad certificate."""
        refuse_unsafe_start()
        connection.close()
        # It reports every line of every session.
        logging.getLogger("mail.log").setLevel(logging.WARNING)
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        server = InboundServer(
            address=settings.RELAY_INBOUND_ADDRESS,
            port=settings.RELAY_INBOUND_PORT,
            host_name=f"inbound.{settings.RELAY_ZONE}",
            keys=token_keys(),
            tls=server_context(),
        )
        async with server:
            self.stdout.write(f"listening on {settings.RELAY_INBOUND_ADDRESS}:{server.port}")
            self.stdout.flush()
            while not stop.is_set():
                await self._sweep(server)
                with suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), SWEEP)

    async def _sweep(self, server: InboundServer) -> None:
        try:
            await server.handler.sweep()
        except Exception:  # the database may be away; new mail is answered with 451 meanwhile
            log.exception("inbound mail could not be swept")
