"""The process that serves the mailbox pages."""

from relay_saas.simulator.lifeline import say_ready, until_terminated
from relay_saas.simulator.mailboxes.app import Pages
from relay_saas.simulator.mailboxes.index import MailIndex
from relay_saas.simulator.mailboxes.web import listen
from relay_saas.simulator.options import Options


async def serve(options: Options, _number: int, ready: int) -> None:
    """Show the mailboxes until TERM."""
    pages = Pages(MailIndex(options.folder), options.edge_address)
    server = await listen(pages, "127.0.0.1", options.mailboxes_port)
    say_ready(ready)
    await until_terminated()
    server.close()
