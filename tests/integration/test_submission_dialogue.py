"""Every case of smtp_dialogue.json is played against a real server; the decisions are those of the table."""

import base64
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest

from delivery.submission.limits import Limits
from delivery.submission.server import SubmissionServer
from tests.cases.loader import load
from tests.integration.submission import Client, Shop, make_shop, serving

pytestmark = pytest.mark.usefixtures("committed")

CASES = [case for _, case in load("smtp_dialogue")]
#: What the last step is answered with, by the beginning of the reply; "" where the server hangs up or is left
#: waiting. Of `policy` cases this is the decision.
ANSWERS = {
    "smtp-001": "250",
    "smtp-002": "530",
    "smtp-003": "221",
    "smtp-004": "554",
    "smtp-005": "",
    "smtp-006": "500",
    "smtp-007": "250",
    "smtp-008": "553",
    "smtp-009": "250",
    "smtp-011": "250",
    "smtp-014": "538",
    "smtp-016": "220",
    "smtp-017": "220",
    "smtp-018": "503",
    "smtp-019": "220",
    "smtp-020": "421",
    "smtp-022": "501",
    "smtp-023": "501",
    "smtp-024": "535",
    "smtp-025": "501",
    "smtp-028": "503",
    "smtp-030": "503",
    "smtp-031": "554",
    "smtp-035": "552",
    "smtp-036": "501",
    "smtp-037": "555",
    "smtp-038": "553",
    "smtp-039": "553",
    "smtp-040": "553",
    "smtp-041": "553",
    "smtp-042": "421",
    "smtp-045": "554",
    "smtp-047": "554",
    "smtp-048": "554",
    "smtp-049": "554",
    "smtp-050": "554",
    "smtp-051": "554",
    "smtp-053": "",
    "smtp-058": "214",
    "smtp-059": "500",
    "smtp-061": "221",
    "smtp-062": "452",
    "smtp-064": "550",
}


@pytest.fixture(scope="module")
def server(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SubmissionServer]:
    with django_db_blocker.unblock(), serving(tmp_path_factory.mktemp("tls"), LIMITS) as running:
        yield running


@pytest.fixture(scope="module")
def shop(django_db_setup: None, django_db_blocker: Any) -> Shop:
    with django_db_blocker.unblock():
        return make_shop()


#: What a case leaves unsaid: the body behind its DATA.
FURTHER = {"smtp-062": [{"send": base64.b64encode(b"From: a@b.test\r\n\r\nHi\r\n.\r\n").decode()}]}
LIMITS = Limits(failure=0.02, failures_of_address=1000, login=2.0, farewell=0.2)


def test_every_case_has_its_answer() -> None:
    assert [case["id"] for case in CASES] == list(ANSWERS)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_a_case_is_answered_as_it_was_decided(
    case: dict[str, Any], server: SubmissionServer, shop: Shop
) -> None:
    if case["id"] == "smtp-062":
        shop = make_shop(rate_per_minute=1)
    before = len(shop.messages())
    with Client(server.ports[0]) as client:
        if case["pre"]["tls"]:
            client.starttls()
        if case["pre"]["auth"]:
            client.sign_in(shop)
        if case["id"] == "smtp-062":
            assert client.deliver(shop, shop.letter()).startswith("250")
            before += 1
        replies = play(client, [*case["input"]["steps"], *FURTHER.get(case["id"], [])])
    assert not any("Traceback" in reply or "Error:" in reply for reply in replies)
    assert all(reply[:1] not in "45" or reply[4:6] in ("4.", "5.") for reply in replies)
    assert (replies[-1] if replies else "")[:3] == ANSWERS[case["id"]]
    assert len(shop.messages()) == before
    with Client(server.ports[0]) as another:
        assert another.say("NOOP").startswith("250")


def play(client: Client, steps: list[dict[str, Any]]) -> list[str]:
    """All replies until the last step is answered, or the server hangs up."""
    replies: list[str] = []
    for number, step in enumerate(steps):
        if "close" in step:
            break
        in_data = bool(replies) and replies[-1].startswith("354")
        octets = octets_of(step)
        with suppress(OSError):
            client.send(octets)
        if in_data and steps[number + 1 :] == [{"close": True}]:
            # It leaves before it has heard the answer.
            return []
        for _ in range(expected(octets, in_data=in_data)):
            reply = client.reply()
            if not reply:
                return replies
            replies.append(reply)
    return replies


def octets_of(step: dict[str, Any]) -> bytes:
    if "send_repeat" in step:
        return step["send_repeat"]["text"].encode() * step["send_repeat"]["n"]
    return base64.b64decode(step["send"])


def expected(octets: bytes, *, in_data: bool) -> int:
    """How many replies there will be: one a command, one for a message, none to what never ends."""
    if in_data:
        return 1
    if octets.startswith(b"STARTTLS\r\nMAIL"):
        return 1
    head, data, _ = octets.partition(b"DATA\r\nSubject")
    return head.count(b"\n") + (3 if data else 0)
