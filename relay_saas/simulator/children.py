"""The entry point of the simulator's child processes: one role each."""

import asyncio
import importlib
import logging
import sys

import uvloop

from relay_saas.simulator.exceptions import SimulatorError
from relay_saas.simulator.lifeline import die_with
from relay_saas.simulator.options import Options

#: Which module runs a role; each has `async def serve(options, number, ready_fd)`.
MODULES = {
    "dns": "relay_saas.simulator.dns.process",
    "smtp": "relay_saas.simulator.smtp.process",
    "judge": "relay_saas.simulator.judge.process",
    "recipients": "relay_saas.simulator.recipients.process",
    "mailboxes": "relay_saas.simulator.mailboxes.process",
}


def run_child(name: str, parent: int, ready: int, options: Options) -> int:
    """Play one role until TERM; the role's module alone is loaded, so that each process stays small."""
    die_with(parent)
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="simulator %(name)s: %(message)s")
    role, _, number = name.partition("-")
    module = importlib.import_module(MODULES[role])
    runner = uvloop.run if role == "smtp" else asyncio.run
    try:
        runner(module.serve(options, int(number or 1), ready))
    except (SimulatorError, OSError) as error:
        logging.getLogger(__name__).error("%s cannot run: %s", name, error)  # noqa: TRY400  # said in one line
        return 1
    return 0
