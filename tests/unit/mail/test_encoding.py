"""Transfer encodings: what comes out is ASCII in short lines and decodes to what went in."""

import base64
import quopri

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from relay_saas.mail.encoding import (
    base64_lines,
    body_part,
    crlf,
    quoted_closed,
    quoted_lines,
    quoted_value,
)

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
BLANKS = st.text("a =.\t\r\nFrom あ", max_size=300)


def decode(encoding: str, data: bytes) -> bytes:
    return {"base64": base64.b64decode, "quoted-printable": quopri.decodestring}[encoding](data)


def assert_travels_well(data: bytes) -> None:
    assert data.isascii()
    lines = data.split(b"\r\n")
    assert not any(b"\r" in line or b"\n" in line for line in lines)
    assert max(map(len, lines)) <= 76
    assert not any(line.endswith((b" ", b"\t")) or line.startswith((b".", b"From ")) for line in lines)
    # what a relaxed signature would change
    assert b"  " not in data
    assert b"\t" not in data
    assert data.endswith(b"\r\n")


@settings(max_examples=300)
@given(TEXT | BLANKS)
@example("x" * 75 + " \n")
@example("x" * 74 + " \n" + "x" * 76)
@example("From " * 40)
@example("From me " + "x" * 80)
@example(".\n..\n.")
@example("a\rb\r\nc\n\nd")
@example("é" * 100)
@example(" ")
@example("")
def test_any_text_decodes_to_itself_with_crlf(text: str) -> None:
    encoding, data = body_part(text)
    assert_travels_well(data)
    assert decode(encoding, data) == crlf(text).encode()


@settings(max_examples=300)
@given(
    st.lists(
        TEXT
        | BLANKS
        | st.sampled_from(["x" * 75, "x" * 150, "F" * 76, ".", "a=b", "x" * 75 + ".y", "From me"])
    )
)
def test_pieces_of_quoted_printable_can_be_joined_in_any_order(texts: list[str]) -> None:
    texts = [text.replace("\r\n", "\n").replace("\r", "\n") for text in texts]
    for encode in (quoted_lines, quoted_value):
        data = quoted_closed([encode(text) for text in texts])
        assert_travels_well(data)
        assert quopri.decodestring(data) == crlf("".join(texts)).encode()


def test_a_value_with_half_a_line_end_is_refused() -> None:
    with pytest.raises(ValueError, match="CR"):
        quoted_value("a\r")


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Hello", "quoted-printable"),
        ("Grüße aus München, wir haben wieder für Sie offen", "quoted-printable"),
        ("秋の特別セール", "base64"),
        ("<p style='color:red'>Sale: 秋</p>" * 3, "quoted-printable"),
    ],
)
def test_the_shorter_encoding_is_chosen(text: str, encoding: str) -> None:
    assert body_part(text)[0] == encoding


def test_a_lone_surrogate_is_an_error_and_not_a_question_mark() -> None:
    with pytest.raises(UnicodeEncodeError):
        body_part("a\udfffb")


def test_base64_of_nothing_is_nothing() -> None:
    assert base64_lines(b"") == b""


@given(st.binary(max_size=400))
def test_base64_lines_are_full_lines(data: bytes) -> None:
    encoded = base64_lines(data)
    assert base64.b64decode(encoded) == data
    assert all(len(line) == 76 for line in encoded.split(b"\r\n")[:-2])
