"""A small DNS for the pages that ask one: a domain with a bit of everything."""

import asyncio
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from tests.integration.dns_server import DnsServer, Zone
from tests.integration.waiting import until

ZONE: Zone = {
    ("hinode.test", "MX"): ["10 mx1.hinode.test.", "20 mx2.hinode.test."],
    ("mx1.hinode.test", "A"): ["192.0.2.1"],
    ("hinode.test", "TXT"): ['"v=spf1 mx ~all"', '"<img src=x onerror=alert(1)>"'],
    ("_dmarc.hinode.test", "TXT"): ['"v=DMARC1; p=none; rua=mailto:d@hinode.test"'],
    ("hinode.test", "DS"): [f"1 13 2 {'0' * 64}"],
}


@contextmanager
def names() -> Iterator[None]:
    """Servers that are started inside ask this DNS."""
    started, loop = threading.Event(), asyncio.new_event_loop()
    done, server = asyncio.Event(), DnsServer(ZONE)

    async def serve() -> None:
        async with server:
            started.set()
            await done.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()), name="names")
    thread.start()
    before = os.environ.get("RELAY_DNS")
    try:
        until(started.is_set, what="the DNS server")
        os.environ["RELAY_DNS"] = "{}:{}".format(*server.address)
        yield
    finally:
        os.environ.pop("RELAY_DNS")
        if before is not None:
            os.environ["RELAY_DNS"] = before
        loop.call_soon_threadsafe(done.set)
        thread.join(10)
        loop.close()
