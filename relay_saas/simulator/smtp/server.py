"""The SMTP servers of some providers in one process: listeners, idle sessions, an orderly end."""

import asyncio
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from relay_saas.simulator.profiles.model import Provider
from relay_saas.simulator.smtp.blackhole import BlackHole
from relay_saas.simulator.smtp.connection import Connection, Site
from relay_saas.simulator.smtp.journal import Journal
from relay_saas.simulator.smtp.policy import Policy
from relay_saas.simulator.smtp.tls import server_context

BACKLOG = 1024
IDLE_CHECK_SECONDS = 5.0


class SmtpServers:
    """Every host of the given providers on its own address, all on one port."""

    def __init__(self, providers: Sequence[Provider], *, folder: Path, number: int, seed: int) -> None:
        self._journal = Journal(folder, number)
        self._sites = [self._site(provider, folder, seed) for provider in providers]
        self._servers: list[asyncio.Server] = []
        self._holes: list[BlackHole] = []
        self._tasks: list[asyncio.Task[None]] = []

    def _site(self, provider: Provider, folder: Path, seed: int) -> Site:
        context = None
        if provider.starttls != "off":
            certificates = folder / "certificates"
            certificates.mkdir(exist_ok=True)
            names = [host.name for host in provider.mx]
            context = server_context(certificates, names, expired=provider.starttls == "expired")
        return Site(provider=provider, policy=Policy(provider, seed), journal=self._journal, tls=context)

    async def start(self, port: int) -> None:
        """Listen on every host that does not refuse."""
        loop = asyncio.get_running_loop()
        for site in self._sites:
            for host in site.provider.mx:
                if host.behaviour == "drop":
                    self._holes.append(BlackHole(host.address, port))
                elif host.behaviour != "refuse":
                    factory = partial(Connection, site, host)
                    self._servers.append(
                        await loop.create_server(factory, host.address, port, backlog=BACKLOG)
                    )
        self._tasks = [
            asyncio.create_task(self._journal.flush_notes_forever()),
            asyncio.create_task(self._close_idle_forever()),
        ]

    async def _close_idle_forever(self) -> None:
        while True:
            await asyncio.sleep(IDLE_CHECK_SECONDS)
            now = time.monotonic()
            for site in self._sites:
                for connection in tuple(site.connections):
                    if now - connection.last_heard > site.provider.limits.idle_seconds:
                        connection.say_goodbye(b"421 4.4.2 Idle for too long\r\n")

    async def stop(self) -> None:
        """Refuse new connections, end the open ones, finish the log."""
        for server in self._servers:
            server.close()
        for hole in self._holes:
            hole.close()
        for task in self._tasks:
            task.cancel()
        for site in self._sites:
            for connection in tuple(site.connections):
                connection.say_goodbye(b"421 4.3.2 Shutting down\r\n")
        await asyncio.sleep(0)
        self._journal.close()
