"""`python -m scripts.bench.submission_server PORT PROCESSES`: our submission server, as many processes.

The product's own but for the limits that keep one address from coming in hundreds of times a minute: the
bench is one address, and Postfix' brakes are off as well.
"""

import asyncio
import os
import signal
import sys

import django
import uvloop
from django.conf import settings

django.setup()

from delivery.submission.certificate import server_context  # noqa: E402 - settings come first
from delivery.submission.limits import Limits  # noqa: E402
from delivery.submission.server import SubmissionServer, prepare_process  # noqa: E402

_MANY = 10_000_000


async def _serve(port: int) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    limits = Limits(new_in_minute=_MANY, messages=_MANY, from_one=_MANY, of_credential=_MANY)
    server = SubmissionServer(
        address="127.0.0.1",
        port=port,
        tls_port=0,
        host_name=settings.RELAY_SUBMISSION_HOST,
        tls=server_context(),
        limits=limits,
    )
    async with server:
        await stop.wait()


def _main() -> None:
    port, processes = int(sys.argv[1]), int(sys.argv[2])
    prepare_process()
    children = [os.fork() for _ in range(processes - 1)]
    # A child of ours has started none.
    children = [] if 0 in children else children
    uvloop.run(_serve(port))
    for child in children:
        os.kill(child, signal.SIGTERM)
        os.waitpid(child, 0)


if __name__ == "__main__":
    _main()
