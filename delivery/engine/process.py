"""A queue run as a plain call: what the Celery task and the management command do."""

import asyncio
import gc
from collections.abc import Callable
from typing import Final

import psycopg
import uvloop

from delivery.engine.config import EngineConfig
from delivery.engine.run import Run
from delivery.engine.stopping import stop_requested, stopped_by_signals
from delivery.engine.takeback import take_back_dead_runs

#: Objects made before the collector looks at the youngest: the jobs in hand live long, and are many.
_YOUNG: Final = 20_000


def run_once(config: EngineConfig, stop: Callable[[], bool] = stop_requested) -> bool:
    """One run in an event loop of its own; returns whether due work may be left."""

    async def run() -> bool:
        with stopped_by_signals():
            return await Run(config, stop).execute()

    # What stands by now lives as long as the process: no later collection need walk it.
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG, *gc.get_threshold()[1:])
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(run())


def take_back(config: EngineConfig) -> int:
    """Settles this host's dead runs; returns how many."""

    async def run() -> int:
        connection = await psycopg.AsyncConnection.connect(config.database_url, autocommit=True)
        async with connection:
            return await take_back_dead_runs(connection, config)

    return asyncio.run(run())
