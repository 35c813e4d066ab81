"""`manage.py run_queue`: the engine without Celery, until TERM or Ctrl-C."""

import signal
import threading
from argparse import ArgumentParser
from dataclasses import replace
from typing import Any

from django.core.management.base import BaseCommand

from delivery.engine.config import from_settings
from delivery.engine.process import run_once
from delivery.engine.stopping import request_stop, stop_requested
from delivery.services.sources import sync_sources
from relay_saas.runtime import refuse_unsafe_start

IDLE_SECONDS = 1.0


class Command(BaseCommand):
    """One run after the other in this process."""

    # They would load every page; what a process has to refuse at its start is `refuse_unsafe_start`.
    requires_system_checks: tuple[str, ...] = ()
    help = "Runs the sending engine in this process, without Celery."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The host's name may be given; with --once it ends when nothing is due."""
        parser.add_argument("--egress-host", help="whose sources to serve (default: RELAY_HOST_ID)")
        parser.add_argument("--once", action="store_true", help="end when nothing is due any more")

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002 - Django's signature
        """Repeats until asked to stop."""
        refuse_unsafe_start()
        config = from_settings()
        if options["egress_host"]:
            config = replace(config, host=options["egress_host"])
        stopped = threading.Event()

        def stop(*_: object) -> None:
            request_stop()
            stopped.set()

        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, stop)
        sync_sources()
        while not stop_requested():
            more = run_once(config)
            if options["once"] and not more:
                return
            if not more:
                stopped.wait(IDLE_SECONDS)
