"""Seeded chance: repeatable, evenly spread, and the plans that follow from it."""

from relay_saas.simulator.chance import chance
from relay_saas.simulator.profiles.model import People
from relay_saas.simulator.recipients.plan import plan


def test_the_same_words_give_the_same_number_and_others_another() -> None:
    assert chance(1, "a", "b") == chance(1, "a", "b")
    assert len({chance(1, "a", "b"), chance(2, "a", "b"), chance(1, "ab"), chance(1, "b", "a")}) == 4


def test_shares_come_out_as_asked() -> None:
    hits = sum(chance(7, "unknown", f"user{number}@gmail.test") < 0.05 for number in range(20_000))
    assert 900 < hits < 1100


def test_plans_repeat_and_keep_their_order() -> None:
    habits = People(opens=0.3, clicks=0.2, unsubscribes=0.1, scanners=0.1, delay=(1.0, 5.0))
    plans = [plan(habits, seed=1, recipient=f"u{number}@x.test", message_id="m") for number in range(2000)]
    assert plans == [
        plan(habits, seed=1, recipient=f"U{number}@x.test", message_id="m") for number in range(2000)
    ]
    opened = [each for each in plans if each.opened is not None]
    assert all(1.0 <= each.opened <= 5.0 for each in opened if each.opened is not None)
    assert all(
        each.opened is not None and each.clicked > each.opened for each in plans if each.clicked is not None
    )
    assert 0.35 < len(opened) / 2000 < 0.52
    assert any(each.idle for each in plans)


def test_nobody_reacts_where_the_profile_says_so() -> None:
    assert plan(People(), seed=1, recipient="a@x.test", message_id="m").idle
