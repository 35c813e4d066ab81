"""How far a run has come into each lane."""

from datetime import timedelta
from uuid import UUID

from delivery.engine.places import Places
from tests.delivery.engine.jobs import NOW, a_job


def test_a_lane_that_gave_all_is_left_behind_its_last_entry() -> None:
    places = Places()
    jobs = [
        a_job(lane_id=1, due_at=NOW + timedelta(seconds=second), message_id=UUID(int=9 - second))
        for second in (1, 0, 2)
    ]
    assert places.learn({1: 3}, jobs) == set()
    assert places.known == {1: (NOW + timedelta(seconds=2), UUID(int=7))}


def test_a_lane_that_gave_less_is_looked_at_from_the_start() -> None:
    places = Places()
    places.learn({1: 1, 2: 1}, [a_job(lane_id=1), a_job(lane_id=2)])
    assert places.learn({1: 2, 2: 1}, [a_job(lane_id=1), a_job(lane_id=2)]) == {1}
    assert list(places.known) == [2]


def test_a_lane_without_due_work_behind_its_place_is_looked_at_from_the_start() -> None:
    places = Places()
    places.learn({1: 1, 2: 1}, [a_job(lane_id=1), a_job(lane_id=2)])
    places.keep([2, 3])
    assert list(places.known) == [2]


def test_places_are_forgotten_after_some_seconds() -> None:
    places = Places()
    places.renew(100.0)
    places.learn({1: 1}, [a_job(lane_id=1)])
    places.renew(105.0)
    assert places.known
    places.renew(111.0)
    assert not places.known
