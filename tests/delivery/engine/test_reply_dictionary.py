"""A small dictionary of what servers say."""

import pytest

from delivery.engine.reply_text import digest, normalise


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("250 2.0.0 OK queued as 4Rk9ZT0xyzabc1", "250 2.0.0 OK queued as <id>"),
        ("550 5.1.1 <ann@acme.test>: User unknown", "550 5.1.1 <address>: User unknown"),
        ("421 4.7.0 too many from 192.0.2.7", "421 4.7.0 too many from <ip>"),
        ("250 OK 14022 octets taken", "250 OK <id> octets taken"),
        ("451 4.7.1 try again in 300 seconds", "451 4.7.1 try again in 300 seconds"),
    ],
)
def test_what_differs_by_message_becomes_a_word(said: str, kept: str) -> None:
    assert normalise(said) == kept


def test_a_long_reply_is_cut() -> None:
    assert len(normalise("no " * 1000)) == 500


def test_equal_texts_have_one_digest() -> None:
    assert digest("a") == digest("a") != digest("b")
    assert len(digest("a")) == 16
