"""Tokens: what we signed comes back, and any change at all is refused."""

import base64
import random
from collections.abc import Iterator
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay_saas.mail.base32 import base32
from relay_saas.mail.tokens import LENGTH, BadToken, Purpose, Token, TokenKeys, TokenSet, Use, decode, encode
from tests.cases.loader import load

HOST = "t.news.acme.test"
OTHER_HOST = "t.news.other.test"
ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"
KEYS = TokenKeys({3: b"k" * 32}, 3)
MESSAGE = UUID("019ab697-e800-7388-8123-456789b91b68")
CASES = {case["id"]: case for _, case in load("tokens")}
KINDS = {"open": Purpose.OPEN, "click": Purpose.CLICK, "unsubscribe": Purpose.UNSUBSCRIBE}


def cases_that(behaviour: str) -> list[str]:
    return [name for name, case in CASES.items() if behaviour in case["input"].get("behave", {})]


def kind_of(case_id: str) -> Purpose:
    return KINDS[CASES[case_id]["input"]["behave"]["token"]]


def a_token(purpose: Purpose = Purpose.CLICK) -> str:
    return encode(Token(purpose, 42, MESSAGE, 7), HOST, KEYS)


def refused(text: str, purpose: Purpose, host: str = HOST, keys: TokenKeys = KEYS) -> str:
    with pytest.raises(BadToken) as caught:
        decode(text, purpose, host, keys)
    return caught.value.code


def flips(text: str) -> Iterator[str]:
    for position, symbol in enumerate(text):
        for other in ALPHABET:
            if other != symbol:
                yield text[:position] + other + text[position + 1 :]


@given(st.sampled_from(Purpose), st.integers(0, 2**32 - 1), st.uuids(), st.integers(0, 2**32 - 1))
def test_a_token_comes_back_and_fits_a_local_part(
    purpose: Purpose, tenant: int, message: UUID, extra: int
) -> None:
    token = Token(purpose, tenant, message, extra)
    text = encode(token, HOST, KEYS)
    assert len(text) == LENGTH <= 64
    assert text == text.lower()
    assert set(text) <= set(ALPHABET)
    assert decode(text, purpose, HOST, KEYS) == token


def test_a_retry_makes_the_same_token() -> None:
    assert a_token() == a_token()


def test_a_token_of_a_fixed_key_never_changes_since_it_lives_in_delivered_mail_for_years() -> None:
    assert a_token() == "camaaaabkagnlnf7iabzyrajdivtytoi3naaaaaah2iebw24ieiuqccd3"


@pytest.mark.parametrize("purpose", Purpose)
def test_each_symbol_changed_to_each_other_symbol_is_refused(purpose: Purpose) -> None:
    for changed in flips(a_token(purpose)):
        refused(changed, purpose)


@pytest.mark.parametrize("case_id", cases_that("flip_each_byte"))
def test_cases_with_each_byte_changed_are_refused(case_id: str) -> None:
    purpose = kind_of(case_id)
    text = a_token(purpose)
    for position in range(len(text)):
        for byte in (c for c in range(128) if chr(c).lower() != text[position]):
            refused(text[:position] + chr(byte) + text[position + 1 :], purpose)


@pytest.mark.parametrize("case_id", cases_that("truncate_each"))
def test_cases_cut_to_each_length_are_refused(case_id: str) -> None:
    text = a_token(kind_of(case_id))
    for length in range(len(text)):
        refused(text[:length], kind_of(case_id))


@pytest.mark.parametrize("case_id", cases_that("use_other_kind"))
def test_cases_of_another_kind_are_refused(case_id: str) -> None:
    for other in Purpose:
        if other is not kind_of(case_id):
            assert refused(a_token(other), kind_of(case_id)) == "wrong_purpose"
            refused(kind_of(case_id).value + a_token(other)[1:], kind_of(case_id))


@pytest.mark.parametrize("case_id", cases_that("other_tenant_host"))
def test_cases_on_another_host_are_refused(case_id: str) -> None:
    """Policy of tok-004, 010 and 016: the host is part of what is signed, so it works there only."""
    assert refused(a_token(kind_of(case_id)), kind_of(case_id), OTHER_HOST) == "bad_token"


@pytest.mark.parametrize("case_id", cases_that("guess"))
def test_cases_of_guesses_all_miss(case_id: str) -> None:
    """The MAC has 80 bits, so that a return path fits 64 characters: 1,000 guesses hit with chance 1e-21."""
    source = random.Random(1)
    purpose = kind_of(case_id)
    count = CASES[case_id]["input"]["behave"].get("n", CASES[case_id]["input"]["behave"]["guess"])
    for _ in range(count):
        guess = base64.b32encode(b"\x03" + source.randbytes(34)).decode().lower()
        refused(purpose.value + guess, purpose)


def test_a_token_of_an_older_key_lives_on_and_the_current_key_signs() -> None:
    """tok-040."""
    rotated = TokenKeys({3: b"k" * 32, 4: b"n" * 32}, 4)
    assert decode(a_token(), Purpose.CLICK, HOST, rotated).message == MESSAGE
    fresh = encode(Token(Purpose.CLICK, 42, MESSAGE, 7), HOST, rotated)
    assert decode(fresh, Purpose.CLICK, HOST, rotated).tenant == 42
    assert refused(fresh, Purpose.CLICK) == "unknown_key"


def test_another_installation_s_key_under_the_same_id_is_refused() -> None:
    assert refused(a_token(), Purpose.CLICK, HOST, TokenKeys({3: b"x" * 32}, 3)) == "bad_token"


def test_letter_case_does_not_matter_since_mail_systems_change_it() -> None:
    assert decode(a_token().upper(), Purpose.CLICK, HOST.upper(), KEYS).extra == 7
    assert decode(a_token().title(), Purpose.CLICK, HOST + ".", KEYS).extra == 7


@pytest.mark.parametrize("change", [" {}", "{} ", "{}\n", "{}=", "{}aaaaaaaa", "", "={}"])
def test_anything_around_a_token_is_refused(change: str) -> None:
    refused(change.format(a_token()), Purpose.CLICK)


def test_characters_that_only_lower_to_ascii_are_refused() -> None:
    text = a_token()
    position = text.index("k")
    refused(text[:position] + "\u212a" + text[position + 1 :], Purpose.CLICK)


def test_spare_bits_of_the_key_id_are_refused_so_one_token_has_one_spelling() -> None:
    raw = bytearray(base64.b32decode(a_token()[1:].upper()))
    raw[0] |= 0x20
    assert refused("c" + base64.b32encode(bytes(raw)).decode().lower(), Purpose.CLICK) == "unknown_key"


@pytest.mark.parametrize(
    ("keys", "current"), [({}, 0), ({1: b"k" * 32}, 2), ({32: b"k" * 32}, 32), ({1: b"k" * 31}, 1)]
)
def test_keys_that_cannot_serve_are_refused_at_the_start(keys: dict[int, bytes], current: int) -> None:
    with pytest.raises(ValueError, match="token key"):
        TokenKeys(keys, current)


def test_keys_never_show_in_a_log() -> None:
    assert "kkkk" not in repr(KEYS)


@given(
    st.integers(0, 2**32 - 1),
    st.uuids(),
    st.lists(
        st.builds(
            Use, st.sampled_from(Purpose), st.sampled_from([HOST, OTHER_HOST]), st.integers(0, 2**32 - 1)
        )
    ),
    st.sampled_from([KEYS, TokenKeys({1: b"x" * 64, 31: b"long" * 40}, 31)]),
)
def test_all_tokens_of_a_message_at_once_are_the_same_tokens(
    tenant: int, message: UUID, uses: list[Use], keys: TokenKeys
) -> None:
    together = TokenSet(uses, keys).encode(tenant, message)
    assert together == [
        encode(Token(use.purpose, tenant, message, use.extra), use.host, keys) for use in uses
    ]


@given(st.binary(max_size=100))
def test_base_32_is_that_of_the_standard_library(data: bytes) -> None:
    data = data[: len(data) // 5 * 5]
    assert base32(data) == base64.b32encode(data).decode().lower()
