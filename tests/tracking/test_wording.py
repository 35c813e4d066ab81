"""Figures in words: what is left out, how fast it goes, what a class means."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils.translation import override

from delivery.models import AttemptState
from relay_saas.mail.bounces import Category
from relay_saas.web.charts import Chart, Series
from tracking.selectors.totals import Totals
from tracking.views.wording import Pace, left_out_text, pace, state_rows
from tracking.words.classes import CLASSES, class_label

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def chart(*delivered: float) -> Chart:
    """Minutes up to 12:00 with these deliveries and one bounce a minute."""
    size = len(delivered)
    return Chart(
        times=tuple(NOON - timedelta(minutes=size - 1 - at) for at in range(size)),
        series=(
            Series(label="Delivered", values=delivered),
            Series(label="Deferred", values=(1000.0,) * size),
            Series(label="Bounced", values=(1.0,) * size),
        ),
    )


def test_people_left_out_are_told_by_reason_and_nobody_is_not_told() -> None:
    left_out = {"suppressed": 301, "unsubscribed": 1904, "smtputf8": 0}
    assert left_out_text(left_out) == "1,904 unsubscribed, 301 on the suppression list"
    assert left_out_text({}) == ""


def test_an_enumeration_is_written_as_the_language_writes_it() -> None:
    with override("ja"):
        assert (
            left_out_text({"unsubscribed": 2, "suppressed": 1}) == "配信停止 2 人、配信停止・不達リスト 1 人"
        )


def test_the_pace_is_that_of_the_last_whole_minutes() -> None:
    now = NOON + timedelta(seconds=20)
    assert pace(chart(900, 59, 99, 139, 3), waiting=250, now=now) == Pace(per_minute=100, minutes_left=3)


@pytest.mark.parametrize(
    ("delivered", "after"), [((), 0), ((5,), 0), ((0, -1, -1, -1, 0), 0), ((50, 50, 50), 4)]
)
def test_there_is_no_pace_while_little_is_known_or_nothing_moves(
    delivered: tuple[float, ...], after: int
) -> None:
    assert pace(chart(*delivered), waiting=10, now=NOON + timedelta(minutes=after)) is None


def test_every_bounce_class_has_words() -> None:
    assert set(Category) <= set(CLASSES)
    assert class_label("mailbox_full") == "Mailbox full"
    assert class_label("something_new") == "something_new"


def test_states_that_nobody_is_in_are_left_out_but_for_delivered_and_bounced() -> None:
    totals = Totals(audience=10, by_state={AttemptState.DELIVERED: 9, AttemptState.IN_DOUBT: 1})
    assert [(line.label, line.n) for line in state_rows(totals)] == [
        ("Delivered", 9),
        ("Bounced", 0),
        ("In doubt", 1),
    ]
