"""What leaves the house names nobody."""

import pytest

from relay_saas.mail.masking import mask_address, mask_text


@pytest.mark.parametrize(
    ("address", "masked"),
    [("taro@example.jp", "t***@example.jp"), ("a@b.test", "a***@b.test"), ("nonsense", "***")],
)
def test_of_an_address_the_domain_stays(address: str, masked: str) -> None:
    assert mask_address(address) == masked


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("550 5.1.1 <taro@example.jp>: unknown", "550 5.1.1 <t***@example.jp>: unknown"),
        ("MAIL FROM:<bk3q@rp.news.acme.test> SIZE=10", "MAIL FROM:<b***@rp.news.acme.test> SIZE=10"),
        ("see https://host.example/u/abc?x=y now", "see https://host.example/*** now"),
        ("ref " + "a2" * 20, "ref ***"),
        (
            "250 2.0.0 OK 1732449600 d2e1a72fcca58-724 - gsmtp",
            "250 2.0.0 OK 1732449600 d2e1a72fcca58-724 - gsmtp",
        ),
        ("550 user Taro unknown, tarot is fine", "550 user t*** unknown, tarot is fine"),
        ("", ""),
    ],
)
def test_a_text_loses_addresses_tokens_and_what_stands_behind_a_host(text: str, masked: str) -> None:
    assert mask_text(text, ("taro@example.jp",)) == masked


def test_hostile_text_is_masked_in_little_time() -> None:
    assert "@" in mask_text("a" * 50_000 + "@" + "b" * 50_000)
    assert mask_text("@" * 100_000)
