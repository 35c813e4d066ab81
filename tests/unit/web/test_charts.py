"""A chart says the same to the browser and in its table."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from relay_saas.web.charts import Chart, Series

TIMES = (datetime(2026, 11, 24, 2, 0, tzinfo=UTC), datetime(2026, 11, 24, 2, 1, tzinfo=UTC))


def test_the_payload_holds_seconds_and_one_list_for_each_line() -> None:
    chart = Chart(times=TIMES, series=(Series(label="Delivered", values=(10, None), colour="success"),))
    assert chart.payload == {
        "times": [1795485600, 1795485660],
        "series": [{"label": "Delivered", "colour": "success", "values": [10, None]}],
    }


def test_the_table_has_a_row_for_each_time() -> None:
    chart = Chart(times=TIMES, series=(Series(label="a", values=(1, 2)), Series(label="b", values=(3, 4))))
    assert list(chart.rows) == [(TIMES[0], (1, 3)), (TIMES[1], (2, 4))]


def test_a_line_of_another_length_is_refused_instead_of_cut() -> None:
    chart = Chart(times=TIMES, series=(Series(label="a", values=(1,)),))
    with pytest.raises(ValueError, match="zip"):
        list(chart.rows)
