"""Loops of a queue run end when they are told to, whatever they wait for at that moment."""

import asyncio

from delivery.engine.stopping import end


async def _loop(given: asyncio.Event) -> None:
    while True:
        # As a pool waits for a connection.
        await asyncio.wait_for(given.wait(), timeout=3600)
        await asyncio.sleep(3600)


async def _told_as_it_got_what_it_waited_for() -> bool:
    given = asyncio.Event()
    task = asyncio.create_task(_loop(given))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    given.set()
    # The inner wait has its result, and the loop has not seen it yet.
    await asyncio.sleep(0)
    await end([task])
    return task.cancelled()


def test_a_loop_ends_that_is_told_so_at_the_moment_at_which_it_gets_its_connection() -> None:
    assert asyncio.run(asyncio.wait_for(_told_as_it_got_what_it_waited_for(), timeout=20))
