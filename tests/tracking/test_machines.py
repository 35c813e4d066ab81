"""Each rule that tells machines from people, and the people that look like machines."""

from datetime import UTC, datetime, timedelta

import pytest

from tracking.services.machine import Visit, machine_reason

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15"
GMAIL = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"


def visit(agent: str = PHONE, link: int | None = None, after: float = 0) -> Visit:
    return Visit(user_agent=agent, at=NOON + timedelta(seconds=after), link_index=link)


@pytest.mark.parametrize(
    "agent", [PHONE, GMAIL, "YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy"]
)
def test_people_and_their_proxies_count_as_people(agent: str) -> None:
    assert machine_reason(visit(agent), [visit(agent)]) == ""


@pytest.mark.parametrize(
    ("agent", "reason"),
    [
        ("Mozilla/5.0", "apple_mpp"),
        ("", "not_a_mail_client"),
        ("curl/8.5.0", "not_a_mail_client"),
        ("Mozilla/5.0 (compatible; Barracuda Sentinel)", "scanner"),
        ("Mozilla/5.0 (X11) HeadlessChrome/120.0", "scanner"),
    ],
)
def test_programs_are_known_by_their_names(agent: str, reason: str) -> None:
    assert machine_reason(visit(agent), []) == reason


def test_three_links_within_three_seconds_are_a_scanner() -> None:
    near = [visit(link=0), visit(link=1, after=1), visit(link=2, after=2.9)]
    assert {machine_reason(one, near) for one in near} == {"many_links_at_once"}


def test_two_links_or_the_same_link_often_are_a_person() -> None:
    assert machine_reason(visit(link=0), [visit(link=0), visit(link=1, after=1)]) == ""
    assert machine_reason(visit(link=0), [visit(link=0, after=n / 10) for n in range(9)]) == ""


def test_three_links_within_a_minute_are_a_reader() -> None:
    near = [visit(link=0), visit(link=1, after=20), visit(link=2, after=40)]
    assert {machine_reason(one, near) for one in near} == {""}


def test_the_pixel_is_no_link() -> None:
    near = [visit(link=None), visit(link=0, after=1), visit(link=1, after=2)]
    assert machine_reason(near[0], near) == ""
