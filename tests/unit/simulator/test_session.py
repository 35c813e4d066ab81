"""The SMTP session without a socket: however the bytes are cut, the outcome is the same."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from relay_saas.simulator.profiles.model import MxHost, Provider
from relay_saas.simulator.smtp.content import unstuff
from relay_saas.simulator.smtp.policy import Policy
from relay_saas.simulator.smtp.session import Delivery, Peer, Session

PROVIDER = Provider(
    name="a", title="A", domains=("a.test",), mx=(MxHost(name="mx.a.test", address="127.20.1.1"),)
)
ENVELOPE = b"MAIL FROM:<s@x.test>\r\nRCPT TO:<r@a.test>\r\nDATA\r\n"


def session() -> Session:
    made = Session(Policy(PROVIDER, 1), Peer(host="mx.a.test", client="127.30.0.1"), lambda: 0.0)
    made.banner()
    made.feed(b"EHLO x.test\r\n")
    return made


def stuffed(lines: list[bytes]) -> bytes:
    return b"".join((b"." if line.startswith(b".") else b"") + line + b"\r\n" for line in lines)


LINES = st.lists(
    st.binary(max_size=30).map(
        lambda raw: raw.translate(None, b"\r\n\0").decode("latin-1").encode("ascii", "replace")
    ),
    max_size=8,
)


@given(lines=LINES, cuts=st.lists(st.integers(0, 300), max_size=6))
def test_a_message_is_the_same_however_it_is_cut(lines: list[bytes], cuts: list[int]) -> None:
    made = session()
    made.feed(ENVELOPE)
    wire = stuffed(lines) + b".\r\n"
    taken: list[Delivery] = []
    edges = [0, *sorted({min(cut, len(wire)) for cut in cuts}), len(wire)]
    for begin, end in pairwise(edges):
        delivery = made.feed(wire[begin:end]).deliver
        if delivery is not None:
            taken.append(delivery)
    assert [each.content for each in taken] == [b"".join(line + b"\r\n" for line in lines)]
    assert taken[0].recipients == ("r@a.test",)


@given(st.binary(max_size=400))
def test_no_bytes_make_the_session_fall_over(data: bytes) -> None:
    made = session()
    out = made.feed(data)
    assert all(len(line) >= 3 for line in out.say.split(b"\r\n") if line)
    made.feed(b"QUIT\r\n")


def test_dots_are_taken_off_where_a_line_begins_with_two() -> None:
    assert unstuff(b"..a\r\n...b\r\nc..d\r\n") == b".a\r\n..b\r\nc..d\r\n"
