"""Header fields: any text comes back from a parser as it went in, and nothing breaks out of its field."""

import re
from datetime import UTC, datetime, timedelta, timezone
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.utils import parseaddr, parsedate_to_datetime

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from relay_saas.mail.headers import (
    BadHeader,
    check_header_name,
    check_header_value,
    decode_words,
    encode_address,
    encode_text,
    fold,
    format_date,
)
from tests.cases.loader import load, to_bytes

CASES = {case["id"]: case for _, case in load("headers_subjects")}
YEAR_1970 = datetime.fromisoformat("1970-01-02")
YEAR_2200 = datetime.fromisoformat("2200-01-01")
WORD = re.compile(r"=\?utf-8\?[bq]\?[^ ?]*\?=")

#: what check_header_value lets through: no controls, no surrogates
TEXT = st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=200)

#: subjects that must reach the recipient as they are, the "policy" ones of our choice among them
KEPT = ["hdr-001", "hdr-002", "hdr-004", "hdr-005", "hdr-010", "hdr-016", "hdr-020", "hdr-021", "hdr-037"]
REFUSED = {
    "hdr-007": "line_break",
    "hdr-008": "line_break",
    "hdr-009": "control_character",
    "hdr-011": "control_character",
    "hdr-017": "too_long",
    "hdr-019": "surrogate",
}


def text_of(case_id: str) -> str:
    source = CASES[case_id]["input"]
    if "json_escape" in source:
        return source["json_escape"].encode().decode("unicode_escape")
    return to_bytes(source).decode()


def parsed_subject(value: str) -> str:
    message = message_from_bytes(f"Subject: {value}\r\n\r\n".encode(), policy=policy.default)
    assert message.keys() == ["Subject"]
    return str(message["Subject"])


def assert_fits(value: str, used: int) -> None:
    assert value.isascii()
    first, *rest = value.split("\r\n")
    assert used + len(first) <= 76
    assert all(len(line) <= 76 and line.startswith(" ") and line.strip() for line in rest)
    assert "\r" not in "".join([first, *rest])
    assert "\n" not in "".join([first, *rest])


@settings(max_examples=400)
@given(TEXT | st.text("あ😀é aX=?_", max_size=150))
@example("あ" * 400)
@example("  two  blanks  ")
@example("=?utf-8?q?not ours?=")
@example("a =? b")
@example("x" * 54 + " " + "y" * 54)
@example("word " * 40 + "end")
@example("\u2028\u2029\u00a0\u3000")
@example("👩‍👩‍👧‍👦" * 20)
def test_any_subject_comes_back_from_a_parser(subject: str) -> None:
    encoded = encode_text(subject, 9)
    assert_fits(encoded, 9)
    assert parsed_subject(encoded) == subject


@given(TEXT, st.integers(0, 76))
def test_encoded_words_hold_whole_characters_and_75_columns(text: str, used: int) -> None:
    for word in WORD.findall(encode_text(text, used)):
        assert len(word) <= 75
        # each word decodes by itself, so no character is split over two
        assert not decode_words(word).count("\ufffd") > text.count("\ufffd")


@pytest.mark.parametrize("case_id", KEPT)
def test_cases_that_reach_the_recipient_unchanged(case_id: str) -> None:
    """hdr-005 direction marks are kept, pages isolate them; 010 U+2028 is text; 016 long words: encoded."""
    text = text_of(case_id)
    check_header_value(text)
    encoded = encode_text(decode_words(text), 9)
    assert_fits(encoded, 9)
    assert parsed_subject(encoded) == text


@pytest.mark.parametrize(("case_id", "code"), REFUSED.items())
def test_cases_that_are_refused(case_id: str, code: str) -> None:
    """hdr-011: C1 controls are refused like C0, since programs break lines on U+0085."""
    with pytest.raises(BadHeader) as caught:
        check_header_value(text_of(case_id))
    assert caught.value.code == code


def test_a_subject_that_comes_encoded_is_decoded_at_the_door() -> None:
    """hdr-036."""
    assert decode_words(text_of("hdr-036")) == "テスト"
    assert decode_words("=?utf-8?q?a_b?= =?utf-8?b?44GC?=") == "a bあ"


@pytest.mark.parametrize(
    "text", ["", "plain", "see =?utf-8?q?this?=", "=?utf-8?b?!?=", "=?utf-8?b?4?=", "=?x?q?a?="]
)
def test_what_only_looks_encoded_stays(text: str) -> None:
    assert decode_words(text) == text


def test_encoded_control_characters_do_not_pass_the_check() -> None:
    with pytest.raises(BadHeader) as caught:
        check_header_value(decode_words("=?utf-8?q?a=0D=0ABcc:_b?="))
    assert caught.value.code == "line_break"


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("a\r\nb", "line_break"),
        ("a\0b", "nul"),
        ("a\tb", "control_character"),
        ("a\x7f", "control_character"),
    ],
)
def test_control_characters_are_refused_by_code(value: str, code: str) -> None:
    with pytest.raises(BadHeader) as caught:
        check_header_value(value)
    assert caught.value.code == code


def test_each_control_character_is_refused() -> None:
    for code in [*range(0x20), *range(0x7F, 0xA0)]:
        with pytest.raises(BadHeader):
            check_header_value(f"a{chr(code)}b")


@pytest.mark.parametrize("case_id", ["hdr-029", "hdr-030"])
def test_cases_of_header_names_are_refused(case_id: str) -> None:
    with pytest.raises(BadHeader) as caught:
        check_header_name(CASES[case_id]["input"]["header"])
    assert caught.value.code == "bad_name"


@pytest.mark.parametrize("name", ["", " X", "X ", "X:", "X Y", "X\n", "-X", "X" * 61])
def test_names_that_parsers_could_read_in_two_ways_are_refused(name: str) -> None:
    with pytest.raises(BadHeader):
        check_header_name(name)


@pytest.mark.parametrize("case_id", ["hdr-028", "hdr-033"])
def test_cases_of_injected_values_are_refused(case_id: str) -> None:
    with pytest.raises(BadHeader) as caught:
        check_header_value(CASES[case_id]["input"]["value"])
    assert caught.value.code == "line_break"


@settings(max_examples=300)
@given(TEXT.map(str.strip).filter(bool))
@example('Smith, "Bob" & Co.')
@example("back\\slash")
@example("ceo@bank.example")
@example("株式会社アクメ・国際広報部メールマガジン編集室の担当者から")
@example("=?utf-8?q?x?=")
@example("a" * 60)
def test_any_name_gives_one_mailbox_with_that_name(name: str) -> None:
    encoded = encode_address(name, "news@news.acme.test", 6)
    assert all(len(line) <= 76 for line in ("From: " + encoded).split("\r\n"))
    message = message_from_bytes(f"From: {encoded}\r\n\r\n".encode(), policy=policy.default)
    assert message.keys() == ["From"]
    [mailbox] = message["From"].addresses
    assert mailbox.addr_spec == "news@news.acme.test"
    # not mailbox.display_name: Python 3.11 puts a blank between two encoded words of a phrase
    phrase, _ = parseaddr(encoded.replace("\r\n", ""))
    assert str(make_header(decode_header(phrase))) == name


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("", "a@b.test"),
        ("Acme News", "Acme News <a@b.test>"),
        ("Acme, Inc.", '"Acme, Inc." <a@b.test>'),
        ("アクメ", "=?utf-8?b?44Ki44Kv44Oh?= <a@b.test>"),
        ("Herr Müller", "=?utf-8?q?Herr_M=C3=BCller?= <a@b.test>"),
    ],
)
def test_names_take_the_simplest_form_that_carries_them(name: str, expected: str) -> None:
    assert encode_address(name, "a@b.test") == expected


@given(st.lists(st.text("ab<>:/", min_size=1, max_size=120), max_size=20).map(" ".join), st.integers(0, 60))
def test_folding_changes_only_line_ends_and_keeps_words_whole(value: str, used: int) -> None:
    folded = fold(value, used)
    assert folded.replace("\r\n", "") == value
    for position, line in enumerate(folded.split("\r\n")):
        room = 76 - used if position == 0 else 76
        assert len(line) <= room or " " not in line.strip(" ")


def test_a_word_longer_than_a_line_may_be_is_refused() -> None:
    assert fold("x" * 980, 9)
    with pytest.raises(BadHeader) as caught:
        fold("a " + "x" * 998, 9)
    assert caught.value.code == "line_too_long"


@given(st.datetimes(YEAR_1970, YEAR_2200), st.integers(-14, 14))
def test_a_date_comes_back_to_the_second(naive: datetime, hours: int) -> None:
    when = naive.replace(tzinfo=timezone(timedelta(hours=hours)))
    assert parsedate_to_datetime(format_date(when)) == when.replace(microsecond=0)


def test_a_date_has_the_form_of_the_standard() -> None:
    assert format_date(datetime(2026, 11, 4, 9, 5, 7, tzinfo=UTC)) == "Wed, 04 Nov 2026 09:05:07 +0000"


def test_a_date_without_time_zone_is_refused() -> None:
    with pytest.raises(BadHeader) as caught:
        format_date(YEAR_2200)
    assert caught.value.code == "bad_date"
