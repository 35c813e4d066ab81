"""Transfer encodings: what comes out is ASCII in short lines and decodes to what went in."""

import base64
import quopri

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from relay_saas.mail.encoding import base64_lines, body_part, crlf, quoted_printable

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
BLANKS = st.text("a =.\t\r\nFrom あ", max_size=300)


def decode(encoding: str, data: bytes) -> bytes:
    return {"base64": base64.b64decode, "quoted-printable": quopri.decodestring}[encoding](data)


def assert_travels_well(data: bytes) -> None:
    assert data.isascii()
    lines = data.split(b"\r\n")
    assert not any(b"\r" in line or b"\n" in line for line in lines)
    assert max(map(len, lines)) <= 76
    assert not any(line.endswith((b" ", b"\t")) or line == b"." for line in lines)
    assert not any(line.startswith(b"From ") for line in lines)
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


@given(BLANKS)
def test_quoted_printable_holds_for_text_without_a_last_line_end(text: str) -> None:
    source = crlf(text).encode()[:-2]
    encoded = quoted_printable(source)
    assert quopri.decodestring(encoded) == source
    assert all(len(line) <= 76 for line in encoded.split(b"\r\n"))
    assert b"\n" not in encoded.replace(b"\r\n", b"")


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
