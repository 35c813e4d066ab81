"""The simulator's name server in a thread of the test: it takes our updates and answers our questions."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dns.name
import dns.tsig

from relay_saas.simulator.dns.server import NameServer, listen
from relay_saas.simulator.dns.store import Store
from tests.integration.engine.world import free_port

Keys = dict[dns.name.Name, dns.tsig.Key]


@contextmanager
def zone_server(folder: Path, keys: Keys | None = None) -> Iterator[str]:
    """Its `host:port`, on UDP and TCP."""
    port, ready, loop = free_port(), threading.Event(), asyncio.new_event_loop()

    async def serve() -> None:
        transport, tcp = await listen(NameServer(Store(), folder / "dns.json", keys=keys), "127.0.0.1", port)
        ready.set()
        try:
            await asyncio.Event().wait()
        finally:
            transport.close()
            tcp.close()

    task = loop.create_task(serve())

    def run() -> None:
        try:
            loop.run_until_complete(task)
        except asyncio.CancelledError:
            loop.run_until_complete(loop.shutdown_asyncgens())
        finally:
            loop.close()

    thread = threading.Thread(target=run)
    thread.start()
    assert ready.wait(10)
    try:
        yield f"127.0.0.1:{port}"
    finally:
        loop.call_soon_threadsafe(task.cancel)
        thread.join(10)
