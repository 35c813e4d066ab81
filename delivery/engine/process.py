"""A queue run as a plain call: what the Celery task and the management command do."""

import asyncio
from collections.abc import Callable

import psycopg
import uvloop

from delivery.engine.config import EngineConfig
from delivery.engine.run import Run
from delivery.engine.stopping import stop_requested, stopped_by_signals
from delivery.engine.takeback import take_back_dead_runs


def run_once(config: EngineConfig, stop: Callable[[], bool] = stop_requested) -> bool:
    """One run in an event loop of its own; returns whether due work may be left."""

    async def run() -> bool:
        with stopped_by_signals():
            return await Run(config, stop).execute()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(run())


def take_back(config: EngineConfig) -> int:
    """Settles this host's dead runs; returns how many."""

    async def run() -> int:
        connection = await psycopg.AsyncConnection.connect(config.database_url, autocommit=True)
        async with connection:
            return await take_back_dead_runs(connection, config)

    return asyncio.run(run())
