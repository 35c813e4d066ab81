"""What a run keeps of contents is bounded by its octets, not by their number alone."""

import asyncio
from typing import Any, cast
from uuid import UUID

from delivery.engine.content import _WEIGHT, Contents, Prepared

TENANT = UUID(int=1)


def prepared(weight: int) -> Prepared:
    nothing = cast("Any", None)
    return Prepared(form=nothing, links=0, sender={}, domain="", keys=(), list_fields=(), weight=weight)


async def kept_after(weights: list[int], new: int) -> list[int]:
    """The numbers of the contents that stay when one of `new` octets comes."""

    async def found(weight: int) -> Prepared:
        return prepared(weight)

    contents = Contents(cast("Any", None))
    for number, weight in enumerate(weights):
        task = asyncio.create_task(found(weight))
        await task
        contents._kept[TENANT, number] = task
    contents._make_room(new)
    return [number for _, number in contents._kept]


def test_the_longest_unused_go_until_there_is_room() -> None:
    third = _WEIGHT // 3
    assert asyncio.run(kept_after([third, third, 10], 10)) == [0, 1, 2]
    assert asyncio.run(kept_after([third, third, 10], third * 2)) == [2]
    assert asyncio.run(kept_after([third, third, 10], _WEIGHT)) == []
    assert asyncio.run(kept_after([], 2 * _WEIGHT)) == []
