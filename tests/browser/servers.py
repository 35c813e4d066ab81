"""The product's own servers on free ports, over the test's database: dashboard, edge, mailboxes."""

import asyncio
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from relay_saas.embedded.ports import LOCAL
from relay_saas.embedded.probes import answers_http
from relay_saas.simulator.mailboxes.app import Pages
from relay_saas.simulator.mailboxes.index import MailIndex
from relay_saas.simulator.mailboxes.web import listen
from tests.integration.waiting import until

ROOT = Path(__file__).resolve().parent.parent.parent
WEB = ("asginl", "relay_saas.asgi:application")
EDGE = ("asgi", "tracking.edge.application:application")


def free_port() -> int:
    """A port that nobody had a moment ago."""
    with socket.create_server((LOCAL, 0)) as server:
        return int(server.getsockname()[1])


@contextmanager
def granian(log: Path, interface: str, application: str, *options: str) -> Iterator[int]:
    """A Granian as the product starts it; yields its port."""
    port = free_port()
    where = (
        "--host",
        LOCAL,
        "--port",
        str(port),
        "--workers",
        "1",
        "--workers-kill-timeout",
        "3",
        "--no-ws",
        *options,
    )
    command = [sys.executable, "-m", "granian", "--interface", interface, *where, application]
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, env=os.environ.copy(), stdout=output, stderr=subprocess.STDOUT
        )
        try:
            until(answers_http(port), seconds=30, what=f"{application} (its log: {log})")
            yield port
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@contextmanager
def mailboxes(folder: Path, edge_port: int) -> Iterator[int]:
    """The simulator's mailbox pages over the logs in `folder`; yields their port."""
    port, started, loop = free_port(), threading.Event(), asyncio.new_event_loop()
    done = asyncio.Event()

    async def serve() -> None:
        server = await listen(Pages(MailIndex(folder), (LOCAL, edge_port)), LOCAL, port)
        started.set()
        await done.wait()
        server.close()
        await server.wait_closed()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()), name="mailboxes")
    thread.start()
    try:
        until(started.is_set, what="the mailbox server")
        yield port
    finally:
        loop.call_soon_threadsafe(done.set)
        thread.join(10)
        loop.close()
