"""A run as a plain call: what the Celery task does."""

import asyncio
from collections.abc import Callable

import psycopg
import uvloop
from psycopg import sql

from delivery.engine.stopping import stop_requested
from tracking.courier.config import CourierConfig
from tracking.courier.run import Run
from tracking.courier.sql import FORGET, WORK


def run_once(config: CourierConfig, stop: Callable[[], bool] = stop_requested) -> bool:
    """One run in an event loop of its own; returns whether there may be more to do."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(Run(config, stop).execute())


def work_waits(config: CourierConfig) -> bool:
    """Whether a run would find something to do."""
    with psycopg.connect(config.database_url, autocommit=True) as connection:
        row = connection.execute(WORK).fetchone()
        return row is not None and bool(row[0])


def forget_old(config: CourierConfig) -> int:
    """Removes events, calls and attempts that are older than they are kept, piece by piece; how many rows."""
    removed = 0
    with psycopg.connect(config.database_url, autocommit=True) as connection:
        for table, column in FORGET:
            names = {"table": sql.Identifier(table), "column": sql.Identifier(column)}
            query = sql.SQL(
                "delete from {table} where ctid = any(array(select ctid from {table} "
                "where {column} < now() - make_interval(days => %s) limit 5000))"
            ).format(**names)
            while (gone := connection.execute(query, [config.days]).rowcount) > 0:
                removed += gone
    return removed
