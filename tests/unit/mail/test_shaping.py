"""Learning and rates as values: how many connections a site takes, how many messages may go now."""

import pytest

from relay_saas.mail.shaping_feedback import Feedback
from relay_saas.mail.shaping_rate import Rate, Schedule


def test_a_site_that_answers_well_gets_one_connection_more_after_as_many_answers() -> None:
    feedback = Feedback(connections=5)
    for _ in range(5):
        feedback.succeeded(20)
    assert 5.9 < feedback.connections <= 6
    feedback.succeeded(20)
    assert feedback.allowed(limit=20, runs=1) == 6


def test_a_failure_takes_back_what_as_many_successes_gave() -> None:
    feedback = Feedback(connections=5)
    for _ in range(5):
        feedback.refused()
    assert feedback.allowed(limit=20, runs=1) == 3
    for _ in range(50):
        feedback.refused()
    assert feedback.connections == 1


def test_learning_stops_at_the_limit() -> None:
    feedback = Feedback(connections=4.9)
    for _ in range(100):
        feedback.succeeded(5)
    assert feedback.connections == 5


def test_after_an_outage_it_begins_with_one() -> None:
    feedback = Feedback(connections=12)
    feedback.went_away()
    assert feedback.allowed(limit=20, runs=1) == 1
    feedback.succeeded(20)
    assert feedback.allowed(limit=20, runs=1) == 2


def test_runs_share_what_they_learned() -> None:
    one, other = Feedback(connections=5), Feedback(connections=5)
    one.succeeded(20)
    other.succeeded(20)
    together = 5 + one.delta + other.delta
    other.delta = 0
    other.shared(together)
    assert other.connections == pytest.approx(5.4)
    assert [Feedback(connections=5).allowed(limit=20, runs=runs) for runs in (1, 2, 4, 9)] == [5, 3, 2, 1]


def test_no_more_goes_within_a_minute_than_its_rate() -> None:
    schedule = Rate(600).shared(1)
    sent = sum(schedule.take(100, now / 20) for now in range(20 * 60))
    assert 580 <= sent <= 600


def test_a_slow_rate_lets_one_go_after_the_other() -> None:
    schedule = Rate(2).shared(1)
    gone = [second for second in range(121) if schedule.take(5, float(second))]
    assert gone == [30, 60, 90, 120]


def test_runs_that_cannot_see_each_other_have_their_part_each() -> None:
    parts = [Rate(600).shared(4) for _ in range(4)]
    sent = sum(part.take(100, now / 20) for part in parts for now in range(20 * 60))
    assert sent <= 600


def test_what_was_kept_before_is_unknown_so_nothing_goes_at_once() -> None:
    assert Schedule(step=0.1, burst=10).take(10, 1000.0) == 0


def test_a_pause_saves_up_no_more_than_a_second() -> None:
    schedule = Rate(600).shared(1)
    schedule.take(1, 0.0)
    assert schedule.take(1000, 3600.0) == 10
