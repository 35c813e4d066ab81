"""Which From addresses a pattern takes in."""

import pytest

from relay_saas.mail.addresses import parse_address
from relay_saas.mail.from_pattern import BadPattern, parse_pattern, permitted


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("*@news.acme.test", "*@news.acme.test"),
        ("news.acme.test", "*@news.acme.test"),
        (" Billing@News.Acme.test ", "billing@news.acme.test"),
        ("Shop-*@acme.test", "shop-*@acme.test"),
        ("***@acme.test", "*@acme.test"),
        ("*@メール.test", "*@xn--4dkua4c.test"),
    ],
)
def test_a_pattern_has_one_form(written: str, kept: str) -> None:
    assert parse_pattern(written) == kept


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("*", "domain_wildcard"),
        ("*@*.acme.test", "domain_wildcard"),
        ("a@*", "domain_wildcard"),
        ("", "bad_pattern"),
        ("acme", "bad_pattern"),
        ("a b@acme.test", "bad_pattern"),
        ("a@b@acme.test", "bad_pattern"),
        ("x%y@acme.test", "bad_pattern"),
        ("a\r\n@acme.test", "bad_pattern"),
        ("*@127.0.0.1", "bad_pattern"),
    ],
)
def test_everything_else_is_no_pattern(written: str, code: str) -> None:
    with pytest.raises(BadPattern) as refused:
        parse_pattern(written)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("address", "pattern", "taken"),
    [
        ("anybody@acme.test", "*@acme.test", True),
        ("anybody@ACME.test", "*@acme.test", True),
        ("anybody@sub.acme.test", "*@acme.test", False),
        ("anybody@acme.test.evil.test", "*@acme.test", False),
        ("anybody@evilacme.test", "*@acme.test", False),
        ("Billing@acme.test", "billing@acme.test", True),
        ("billing2@acme.test", "billing@acme.test", False),
        ("shop-tokyo@acme.test", "shop-*@acme.test", True),
        ("workshop-x@acme.test", "shop-*@acme.test", False),
        ("a.b@acme.test", "a?b@acme.test", False),
        ("axb@acme.test", "a.b@acme.test", False),
    ],
)
def test_an_address_is_taken_in_or_not(address: str, pattern: str, *, taken: bool) -> None:
    assert permitted(parse_address(address), [pattern]) is taken


def test_no_pattern_takes_nothing_in() -> None:
    assert not permitted(parse_address("a@acme.test"), [])
