"""To and Cc of a submission with several recipients."""

from dataclasses import replace
from email import message_from_bytes, policy
from typing import Any

import pytest

from relay_saas.mail.addresses import BadAddress
from relay_saas.mail.headers import BadHeader
from relay_saas.mail.message import build
from tests.unit.mail.test_message import DRAFT

MANY = [("山田太郎", f"taro{number}@gmail.test") for number in range(30)]


def headers(**changes: Any) -> Any:
    raw = build(replace(DRAFT, **changes))
    assert all(len(line) <= 998 for line in raw.split(b"\r\n"))
    return message_from_bytes(raw, policy=policy.default)


def test_all_recipients_of_a_submission_see_the_same_to_and_cc() -> None:
    found = headers(to=MANY, cc=[("", "boss@acme.test"), ("A, B", "ab@acme.test")])
    assert [(a.display_name, a.addr_spec) for a in found["To"].addresses] == MANY
    assert [(a.display_name, a.addr_spec) for a in found["Cc"].addresses] == [
        ("", "boss@acme.test"),
        ("A, B", "ab@acme.test"),
    ]


def test_without_them_to_names_the_one_recipient() -> None:
    found = headers(to_address="only@acme.test", to_name="Only")
    assert found["To"] == "Only <only@acme.test>"
    assert found["Cc"] is None


@pytest.mark.parametrize("field", ["to", "cc"])
def test_a_bad_one_among_them_is_refused(field: str) -> None:
    with pytest.raises(BadAddress):
        headers(**{field: [("", "nobody")]})
    with pytest.raises(BadHeader):
        headers(**{field: [("a\r\nBcc: x@evil.test", "a@acme.test")]})
