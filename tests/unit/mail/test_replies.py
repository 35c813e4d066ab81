"""Replies as servers really write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay_saas.mail.replies import TEXT_LIMIT, BadReply, Reply, displayable, parse, parse_text


@pytest.mark.parametrize(
    ("said", "code", "enhanced", "text"),
    [
        ("250", 250, None, ""),
        ("250 ", 250, None, ""),
        ("250 OK", 250, None, "OK"),
        ("250\tOK", 250, None, "OK"),
        ("550 5.1.1 No such user", 550, "5.1.1", "No such user"),
        ("550 5.1.1", 550, "5.1.1", ""),
        ("550 5.7.515 Access denied", 550, "5.7.515", "Access denied"),
        ("550 5.1.10: null MX", 550, "5.1.10", "null MX"),
        ("550 5.7.1<a@b.test>: no", 550, "5.7.1", "<a@b.test>: no"),
        ("550 #5.1.0 Address rejected.", 550, "5.1.0", "Address rejected."),
        ("550 [5.1.1] gone", 550, "5.1.1", "gone"),
        (
            "550 sorry, no mailbox here by that name (#5.1.1)",
            550,
            "5.1.1",
            "sorry, no mailbox here by that name",
        ),
        ("554 5.9.1.20 is blocked", 554, None, "5.9.1.20 is blocked"),
        ("550 05.01.01 padded", 550, None, "05.01.01 padded"),
        ("421 4.7.28 [192.0.2.1] slow", 421, "4.7.28", "[192.0.2.1] slow"),
        ("550-5.1.1 first\n550-5.1.1 second\n550 5.1.1 third", 550, "5.1.1", "first second third"),
        ("550-first\n550 5.2.2 last", 550, "5.2.2", "first last"),
        ("250-ok\n550 no", 550, None, "ok no"),
        ("250-\n250 end", 250, None, "end"),
    ],
)
def test_a_reply_is_read(said: str, code: int, enhanced: str | None, text: str) -> None:
    reply = parse_text(said)
    assert (reply.code, reply.enhanced, reply.text) == (code, enhanced, text)


@pytest.mark.parametrize(
    "line", [b"", b"OK", b"999 what", b"25", b"2500", b"150 no", b" 250 OK", b"250OK", b"\xff\xfe", b"600 x"]
)
def test_what_is_no_reply_is_refused(line: bytes) -> None:
    with pytest.raises(BadReply) as refused:
        parse([line])
    assert refused.value.code == "not_a_reply"


@pytest.mark.parametrize("lines", [[], [b"250-unended"], [b"250 ended", b"250 twice"]])
def test_lines_that_do_not_make_one_reply_are_refused(lines: list[bytes]) -> None:
    with pytest.raises(BadReply):
        parse(lines)


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("宛先不明".encode(), "宛先不明"),
        (b"inconnu \xe0 cette adresse", "inconnu à cette adresse"),
        (b"a\x00b\x1b[31mc\td", "a b [31mc d"),
        ("x\u202ey\u200bz\u2028w".encode(), "xyz w"),
        (b"<script>", "<script>"),
    ],
)
def test_text_is_safe_to_show(raw: bytes, shown: str) -> None:
    assert displayable(raw) == shown
    assert displayable(raw).isprintable()


def test_a_long_text_is_cut() -> None:
    assert len(Reply(code=550, lines=("x" * 5000, "y")).text) == TEXT_LIMIT


@given(
    st.lists(st.binary(max_size=200).filter(lambda line: b"\n" not in line), max_size=5),
    st.integers(200, 599),
)
def test_any_text_behind_a_code_is_read_and_printable(texts: list[bytes], code: int) -> None:
    lines = [b"%d-%s" % (code, text) for text in texts] + [b"%d end" % code]
    reply = parse(lines)
    assert reply.code == code
    assert len(reply.lines) == len(lines)
    assert str(reply).isprintable()
