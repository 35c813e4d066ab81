"""The bench's Internet: destination domains that all lead to one receiver, and the server of their names."""

import asyncio
import contextlib
import signal
import sys
from pathlib import Path
from typing import Final

import dns.name
import dns.rdataset

from relay_saas.simulator.dns.server import NameServer, listen
from relay_saas.simulator.dns.store import Store

#: Each is a site and a provider of its own, so that the shipped limits hold for each.
DOMAINS: Final = tuple(f"mail{number:02d}.test" for number in range(20))
#: Never sent to but in the row that holds 300,000 messages of it back.
SUSPENDED: Final = "held.test"
_TTL: Final = 3600


async def serve(port: int, folder: Path) -> None:
    """Answers on UDP and TCP of 127.0.0.1 until TERM; records that updates bring are kept in `folder`."""
    store = Store()
    for domain in (*DOMAINS, SUSPENDED):
        store.put(dns.name.from_text(domain), dns.rdataset.from_text("IN", "MX", _TTL, f"10 mx.{domain}."))
        store.put(dns.name.from_text(f"mx.{domain}"), dns.rdataset.from_text("IN", "A", _TTL, "127.0.0.1"))
    udp, tcp = await listen(NameServer(store, folder / "dns.json"), "127.0.0.1", port)
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await stop.wait()
    udp.close()
    tcp.close()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(int(sys.argv[1]), Path(sys.argv[2])))
