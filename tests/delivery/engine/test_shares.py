"""Who gets how much: claims per tenant, connections per run, limits per provider."""

from collections import defaultdict
from uuid import UUID

import pytest

from delivery.engine.claim import Lane
from delivery.engine.fair import Turns, streams
from delivery.engine.permits import share
from delivery.engine.shape import organisation, shaping
from delivery.models.stream import Stream

TENANTS = [UUID(int=number) for number in range(1, 6)]


def lane(number: int, tenant: UUID, stream: Stream = Stream.MARKETING) -> Lane:
    return Lane(
        id=number,
        tenant_id=tenant,
        pool_id=1,
        source_id=None,
        site_id=1,
        provider_id=1,
        stream=stream.value,
        site_key="mx.acme.test",
    )


class Free:
    """No lane has a limit of its own, but those that are named."""

    def __init__(self, **caps: int) -> None:
        self._caps = {int(name.removeprefix("lane")): n for name, n in caps.items()}

    def left(self, lane: Lane) -> int:
        return self._caps.get(lane.id, 1000)

    def take(self, lane: Lane, n: int) -> None:
        self._caps[lane.id] = self.left(lane) - n


def test_each_tenant_gets_an_equal_share_however_many_lanes_it_has() -> None:
    lanes = [lane(number, TENANTS[0]) for number in range(1, 9)] + [lane(9, TENANTS[1])]
    found = Turns().share(lanes, 20, Free())
    assert sum(found[number] for number in range(1, 9) if number in found) == found[9] == 10


def test_a_small_room_reaches_every_tenant_in_turn() -> None:
    lanes = [lane(number, tenant) for number, tenant in enumerate(TENANTS, start=1)]
    turns = Turns()
    seen: dict[int, int] = defaultdict(int)
    for _ in range(5):
        for lane_id, n in turns.share(lanes, 1, Free()).items():
            seen[lane_id] += n
    assert dict(seen) == {1: 1, 2: 1, 3: 1, 4: 1, 5: 1}


def test_what_a_slowed_tenant_cannot_use_goes_to_its_neighbours() -> None:
    lanes = [lane(number, tenant) for number, tenant in enumerate(TENANTS, start=1)]
    assert Turns().share(lanes, 20, Free(lane1=0, lane2=1)) == {2: 1, 3: 7, 4: 6, 5: 6}


def test_a_tenants_lanes_share_what_it_gets() -> None:
    lanes = [lane(1, TENANTS[0]), lane(2, TENANTS[0]), lane(3, TENANTS[0])]
    assert Turns().share(lanes, 7, Free(lane2=0)) == {1: 3, 3: 4}


def test_mail_that_a_person_waits_for_is_claimed_before_bulk() -> None:
    lanes = [
        lane(1, TENANTS[0]),
        lane(2, TENANTS[1], Stream.TRANSACTIONAL),
        lane(3, TENANTS[2], Stream.SYSTEM),
    ]
    assert [[one.id for one in found] for found in streams(lanes)] == [[3], [2], [1]]


@pytest.mark.parametrize(
    ("limit", "others", "runs", "wanted", "granted"),
    [
        (20, 0, 1, 50, 20),
        (20, 0, 2, 50, 10),
        (20, 15, 2, 50, 5),
        (20, 20, 2, 5, 0),
        (5, 0, 2, 50, 3),
        (5, 3, 2, 50, 2),
        (1, 0, 2, 5, 1),
        (1, 1, 2, 5, 0),
        (20, 0, 2, 3, 3),
    ],
)
def test_connections_are_a_fair_share_of_what_is_free(limit, others, runs, wanted, granted) -> None:
    assert share(limit=limit, others=others, runs=runs, wanted=wanted) == granted


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("mx1.corporate-mail.test", "corporate-mail.test"),
        ("mx.example.co.jp", "example.co.jp"),
        ("mx.example.jp", "example.jp"),
        ("localhost", "localhost"),
    ],
)
def test_an_unknown_site_is_named_after_its_organisation(host: str, name: str) -> None:
    assert organisation(host) == name


def test_a_known_provider_is_recognised_by_its_mx_hosts() -> None:
    limits = shaping().limits_of(["alt1.gmail-smtp-in.l.google.com"])
    assert (limits.name, limits.max_connections) == ("Google", 5)


def test_everybody_else_has_the_default() -> None:
    limits = shaping().limits_of(["mx1.corporate-mail.test"])
    assert (limits.name, limits.max_connections) == ("corporate-mail.test", 20)
