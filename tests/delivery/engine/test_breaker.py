"""When lost answers to final dots suspend a site."""

from collections.abc import Iterable

from delivery.engine.breaker import WINDOW, Answers


def reasons(lost: Iterable[bool]) -> list[int]:
    """After which answers (from 1) a site that hears these is suspended."""
    answers = Answers()
    return [number for number, one in enumerate(lost, 1) if answers.heard(lost=one)]


def test_three_lost_in_a_row_suspend() -> None:
    assert reasons([True, True, True]) == [3]


def test_two_lost_and_an_answer_do_not() -> None:
    assert reasons([True, True, False, True, True, False]) == []


def test_more_than_two_of_a_hundred_suspend() -> None:
    every_thirtieth = [number % 30 == 0 for number in range(1, WINDOW + 1)]
    assert sum(every_thirtieth) == 3
    assert reasons(every_thirtieth) == [100]


def test_two_of_a_hundred_do_not() -> None:
    assert reasons([number % 50 == 0 for number in range(1, 4 * WINDOW)]) == []


def test_the_probe_decides_alone() -> None:
    assert reasons([True, True, True, True, True]) == [3, 4, 5]


def test_an_answered_probe_ends_it() -> None:
    assert reasons([True, True, True, False, True, True, False]) == [3]
