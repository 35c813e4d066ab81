"""The process that serves DNS."""

from relay_saas.simulator.dns.server import NameServer, listen
from relay_saas.simulator.dns.store import Store
from relay_saas.simulator.dns.zone_of_providers import fill
from relay_saas.simulator.lifeline import say_ready, until_terminated
from relay_saas.simulator.options import Options
from relay_saas.simulator.profiles.loader import load_scenario


async def serve(options: Options, _number: int, ready: int) -> None:
    """Answer queries and updates until TERM."""
    store = Store()
    fill(store, load_scenario(options.scenario))
    server = NameServer(store, options.folder / "dns.json")
    transport, tcp = await listen(server, "127.0.0.1", options.dns_port)
    say_ready(ready)
    await until_terminated()
    transport.close()
    tcp.close()
