"""`run_submission`: takes customers' mail by SMTP until TERM or INT."""

import asyncio
import os
import signal
from contextlib import suppress
from types import FrameType
from typing import Any, Final

import uvloop
from django.conf import settings
from django.core.management import BaseCommand
from django.db import connections

from delivery.services.raw_submission import host_on_wire
from delivery.submission.certificate import server_context
from delivery.submission.limits import Limits
from delivery.submission.server import SubmissionServer, prepare_process
from relay_saas.runtime import refuse_unsafe_start

#: Seconds between two looks for the parent of a worker.
_LOOK: Final = 2.0


class Command(BaseCommand):
    """RELAY_SUBMISSION_PROCESSES of them share the two ports; one that dies is started again."""

    # They would load every page; what a process has to refuse at its start is `refuse_unsafe_start`.
    requires_system_checks: tuple[str, ...] = ()
    help = "Takes mail from customers' programs: STARTTLS on one port, TLS on the other."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Runs until it is told to stop; raises ImproperlyConfigured: nets off, no or bad certificate."""
        refuse_unsafe_start()
        server_context()
        connections.close_all()
        prepare_process()
        if settings.RELAY_SUBMISSION_PROCESSES > 1:
            _Crew(self).run(settings.RELAY_SUBMISSION_PROCESSES)
        else:
            self.serve()

    def serve(self, parent: int | None = None) -> None:
        """One process' part, until `parent` is gone."""
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(self._serve(parent))

    async def _serve(self, parent: int | None) -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        server = SubmissionServer(
            address=settings.RELAY_SUBMISSION_ADDRESS,
            port=settings.RELAY_SUBMISSION_PORT,
            tls_port=settings.RELAY_SUBMISSION_TLS_PORT,
            host_name=host_on_wire(),
            tls=server_context(),
            limits=Limits(message=settings.RELAY_SUBMISSION_MAX_BYTES),
        )
        async with server:
            self.stdout.write(f"listening on {settings.RELAY_SUBMISSION_ADDRESS}, ports {list(server.ports)}")
            self.stdout.flush()
            while not stop.is_set() and (parent is None or os.getppid() == parent):
                with suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), _LOOK)


class _Crew:
    """The processes, and whoever waits for them."""

    def __init__(self, command: Command) -> None:
        self._command = command
        self._children: set[int] = set()
        self._stopping = False

    def run(self, processes: int) -> None:
        """Until TERM or INT, which the children get as well."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        while True:
            while not self._stopping and len(self._children) < processes:
                self._start()
            if not self._children:
                return
            # A signal handler may have emptied the table of children meanwhile.
            with suppress(ChildProcessError):
                self._children.discard(os.wait()[0])

    def _start(self) -> None:
        parent = os.getpid()
        child = os.fork()
        if child == 0:
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, signal.SIG_DFL)
            self._command.serve(parent)
            os._exit(0)
        self._children.add(child)

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self._stopping = True
        for child in self._children:
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGTERM)
