"""Retry tables: waits, chance, expiry, and what is asked only twice."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay_saas.mail.bounces import Category
from relay_saas.mail.retry import DEMO, PRODUCTION, Stream, Timings, after_doubt, next_attempt, stands

NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
MIDDLE = 0.5


def wait(category: Category, number: int, timings: Timings = PRODUCTION, random: float = MIDDLE) -> timedelta:
    due = next_attempt(
        category, Stream.MARKETING, number, first_at=NOW, now=NOW, random=random, timings=timings
    )
    assert due is not None
    return due - NOW


@pytest.mark.parametrize(
    ("category", "minutes"),
    [
        (Category.GREYLISTED, [6, 12, 25, 50, 100, 200, 240]),
        (Category.RATE_LIMITED, [15, 30, 60, 120, 240, 240]),
        (Category.NETWORK_TEMP, [5, 10, 20, 40, 80, 160, 240, 240]),
        (Category.MAILBOX_FULL, [240, 480, 960, 1440]),
        (Category.DOMAIN_BAD, [60]),
        (Category.UNKNOWN, [5, 10]),
    ],
)
def test_the_waits_of_a_category_grow_to_their_ceiling(category: Category, minutes: list[int]) -> None:
    assert [wait(category, number) for number in range(1, len(minutes) + 1)] == [
        timedelta(minutes=value) for value in minutes
    ]


def test_chance_moves_a_wait_by_a_quarter() -> None:
    assert wait(Category.NETWORK_TEMP, 1, random=0.0) == timedelta(minutes=3, seconds=45)
    assert timedelta(minutes=6.24) < wait(Category.NETWORK_TEMP, 1, random=0.9999) < timedelta(minutes=6.25)


@pytest.mark.parametrize(
    ("stream", "life"),
    [
        (Stream.MARKETING, timedelta(days=2)),
        (Stream.TRANSACTIONAL, timedelta(hours=4)),
        (Stream.SYSTEM, timedelta(days=1)),
    ],
)
def test_what_would_come_after_its_expiry_is_given_up(stream: Stream, life: timedelta) -> None:
    def due(age: timedelta) -> datetime | None:
        return next_attempt(
            Category.NETWORK_TEMP, stream, 1, first_at=NOW - age, now=NOW, random=MIDDLE, timings=PRODUCTION
        )

    assert due(life - timedelta(minutes=6)) == NOW + timedelta(minutes=5)
    assert due(life - timedelta(minutes=5)) is None


@pytest.mark.parametrize("timings", [PRODUCTION, DEMO])
def test_a_name_that_does_not_exist_is_final_at_the_second_time(timings: Timings) -> None:
    assert not stands(Category.DOMAIN_BAD, 1, timings)
    assert stands(Category.DOMAIN_BAD, 2, timings)
    assert (
        next_attempt(
            Category.DOMAIN_BAD, Stream.MARKETING, 2, first_at=NOW, now=NOW, random=MIDDLE, timings=timings
        )
        is None
    )
    assert not stands(Category.NETWORK_TEMP, 1000, timings)


@pytest.mark.parametrize("category", set(Category) - {Category.DOMAIN_BAD})
@pytest.mark.parametrize("random", [0.0, 0.5, 0.999])
def test_the_demo_comes_back_within_ten_seconds(category: Category, random: float) -> None:
    assert timedelta(seconds=5) <= wait(category, 3, DEMO, random) <= timedelta(seconds=10)
    assert (
        next_attempt(
            category,
            Stream.MARKETING,
            9,
            first_at=NOW - timedelta(seconds=44),
            now=NOW,
            random=random,
            timings=DEMO,
        )
        is None
    )


def test_the_demo_asks_a_missing_name_again_after_ten_seconds() -> None:
    assert wait(Category.DOMAIN_BAD, 1, DEMO) == timedelta(seconds=10)


@given(
    category=st.sampled_from(Category),
    stream=st.sampled_from(Stream),
    number=st.integers(1, 10**6),
    age=st.timedeltas(timedelta(0), timedelta(days=4)),
    random=st.floats(0, 1, exclude_max=True),
    timings=st.sampled_from([PRODUCTION, DEMO]),
)
def test_a_next_attempt_lies_ahead_and_before_the_expiry(
    category: Category, stream: Stream, number: int, age: timedelta, random: float, timings: Timings
) -> None:
    due = next_attempt(category, stream, number, first_at=NOW - age, now=NOW, random=random, timings=timings)
    assert due is None or NOW < due < NOW - age + timings.expiry[stream]


def test_bulk_is_never_sent_again_after_a_doubt() -> None:
    expires = NOW + timedelta(days=2)
    assert (
        after_doubt(Stream.MARKETING, 1, first_at=NOW, expires_at=expires, now=NOW, timings=PRODUCTION)
        is None
    )


def test_a_transactional_message_is_sent_once_more_after_its_first_doubt() -> None:
    expires = NOW + timedelta(hours=4)
    assert after_doubt(
        Stream.TRANSACTIONAL, 1, first_at=NOW, expires_at=expires, now=NOW, timings=PRODUCTION
    ) == NOW + timedelta(minutes=15)
    assert (
        after_doubt(Stream.TRANSACTIONAL, 2, first_at=NOW, expires_at=expires, now=NOW, timings=PRODUCTION)
        is None
    )
    assert (
        after_doubt(
            Stream.TRANSACTIONAL,
            1,
            first_at=NOW,
            expires_at=NOW + timedelta(minutes=9),
            now=NOW,
            timings=PRODUCTION,
        )
        is None
    )


def test_a_one_time_code_is_not_sent_again_after_a_doubt() -> None:
    assert (
        after_doubt(
            Stream.TRANSACTIONAL,
            1,
            first_at=NOW,
            expires_at=NOW + timedelta(minutes=2),
            now=NOW,
            timings=PRODUCTION,
        )
        is None
    )
