"""Reports as Postfix, Exim, Exchange, Google, carriers, sendmail and qmail write them; what is no report."""

import pytest

from relay_saas.mail.bounces import classify
from relay_saas.mail.dsn import Action, Dsn
from relay_saas.mail.replies import Stage
from relay_saas.mail.returned import Nature, read_returned
from tests.unit.mail.notices import Notice, notices

NOTICES = list(notices())


def told(dsn: Dsn) -> tuple[str, ...]:
    """Recipient, status, action and, of a failure, category."""
    category = "-"
    if dsn.action is Action.FAILED:
        category = str(classify(dsn.reply, Stage.OUT_OF_BAND, dsn.remote_mta or "").category)
    return (dsn.final_recipient or "-", dsn.status or "-", str(dsn.action), category)


def expected(notice: Notice) -> list[tuple[str, ...]]:
    return [(*row[:3], row[3] if row[2] == "failed" else "-") for row in notice.expected]


@pytest.mark.parametrize("notice", NOTICES, ids=lambda notice: notice.name)
def test_a_report_says_who_and_why(notice: Notice) -> None:
    found = read_returned(notice.raw)
    assert found.nature is Nature.REPORT
    assert [told(dsn) for dsn in found.reports] == expected(notice)


@pytest.mark.parametrize("notice", NOTICES, ids=lambda notice: notice.name)
def test_line_ends_of_another_system_change_nothing(notice: Notice) -> None:
    found = read_returned(notice.raw.replace(b"\r\n", b"\n"))
    assert [told(dsn) for dsn in found.reports] == expected(notice)


def test_there_are_reports_of_each_kind_of_server() -> None:
    assert len(NOTICES) >= 60
    assert len({notice.name for notice in NOTICES}) == len(NOTICES)
    kinds = (
        "postfix",
        "exim",
        "exchange",
        "m365",
        "google",
        "docomo",
        "au-",
        "softbank",
        "sendmail",
        "qmail",
    )
    for kind in kinds:
        assert len([notice for notice in NOTICES if notice.name.startswith(kind)]) >= 2, kind


def test_the_failed_one_of_several_recipients_is_the_one_that_counts() -> None:
    several = next(notice for notice in NOTICES if notice.name == "postfix-several")
    reports = read_returned(several.raw)
    assert reports.report is not None
    assert (reports.report.final_recipient, len(reports.reports)) == ("taro@example.test", 3)


@pytest.mark.parametrize("notice", list(notices("answers")), ids=lambda notice: notice.name)
def test_an_answer_is_no_bounce(notice: Notice) -> None:
    found = read_returned(notice.raw)
    assert found.nature == notice.expected[0][0]
    assert found.report is None


@pytest.mark.parametrize("notice", NOTICES, ids=lambda notice: notice.name)
def test_the_same_words_from_a_person_are_no_report(notice: Notice) -> None:
    """Only the free text depends on who writes: a machine-readable report is one whoever sends it."""
    lines = [
        line for line in notice.raw.split(b"\r\n") if not line.lower().startswith((b"from:", b"x-failed"))
    ]
    found = read_returned(b"From: Taro <taro@person.test>\r\n" + b"\r\n".join(lines))
    machine = b"delivery-status\r\n" in notice.raw.lower() or b"delivery-status\n" in notice.raw.lower()
    assert (found.nature is Nature.REPORT) == machine
