"""Bodies by BDAT: carefully, proven, refused, slipped and lost."""

import itertools

import pytest

from relay_saas.mail.replies import Stage
from relay_saas.mail.smtp.chunked import Chunking
from relay_saas.mail.smtp.outcome import Kind, Outcome, Veto
from relay_saas.mail.smtp.session import Session
from relay_saas.mail.smtp.workarounds import PROOFS, Extension, Workarounds
from tests.integration.scripted_server import FEATURES, Say, Script, ScriptedServer, Turn, polite
from tests.integration.smtp_session import HASTY, connect, message, run, send

CHUNKING = (*FEATURES, b"CHUNKING")
MODES = pytest.mark.parametrize("chunking", [Chunking.CAREFUL, Chunking.PROVEN])
BODY = b"Subject: %b\r\n\r\nhello\r\n"

#: (MAIL, RCPT, chunk) -> stage and code of the outcome, and whether the session lives on.
COMBINATIONS = {
    (250, 250, 250): (Stage.DOT, 250, True),
    (250, 250, 451): (Stage.DATA, 451, True),
    (250, 250, 552): (Stage.DATA, 552, True),
    (250, 450, 250): (Stage.RCPT, 450, True),
    (250, 450, 451): (Stage.RCPT, 450, True),
    (250, 450, 554): (Stage.RCPT, 450, True),
    (250, 550, 250): (Stage.RCPT, 550, True),
    (250, 550, 451): (Stage.RCPT, 550, True),
    (250, 550, 554): (Stage.RCPT, 550, True),
    (451, 503, 503): (Stage.MAIL, 451, True),
    (550, 503, 503): (Stage.MAIL, 550, True),
    (421, None, None): (Stage.MAIL, 421, False),
    (250, 421, None): (Stage.RCPT, 421, False),
    (250, 250, 421): (Stage.DATA, 421, False),
}


async def warm(port: int, chunking: Chunking, **options: object) -> Session:
    """A session after its first message, which always goes by DATA where the host is not proven."""
    session = await connect(port, chunking=chunking, **options)
    assert (await send(session, "token0")).chunked == (chunking is Chunking.PROVEN)
    return session


def scripted(combination: tuple[int | None, ...]) -> Script:
    codes = dict(zip(("MAIL", "RCPT", "BDAT"), combination, strict=True))

    def script(turn: Turn) -> Say | None:
        code = codes.get(turn.verb)
        if turn.token != "token2" or code is None:
            return None
        if turn.verb == "BDAT" and code == 250:
            return Say(b"250 2.0.0 %b octets token2\r\n" % turn.line.split()[1])
        return Say(f"{code} {turn.verb} {turn.token}\r\n".encode(), end="close" if code == 421 else "")

    return script


@MODES
@pytest.mark.parametrize("combination", COMBINATIONS, ids=lambda value: "-".join(map(str, value)))
def test_each_combination_has_its_outcome_and_touches_no_other_message(
    combination: tuple[int | None, ...], chunking: Chunking
) -> None:
    stage, code, lives = COMBINATIONS[combination]

    async def work() -> None:
        async with ScriptedServer(scripted(combination), features=CHUNKING) as server:
            session = await warm(server.port, chunking)
            for number in (1, 2, 3):
                outcome = await send(session, f"token{number}")
                assert outcome.kind is Kind.REPLY, outcome
                assert outcome.reply is not None
                assert f"token{number}" in outcome.reply.text
                assert (outcome.stage, outcome.reply.code) == (
                    (stage, code) if number == 2 else (Stage.DOT, 250)
                )
                if number == 2 and not lives:
                    assert not session.usable
                    session = await warm(server.port, chunking)
            await session.quit()
            taken = [token for token, _ in server.messages if token != "token0"]
            assert taken == [f"token{n}" for n in (1, 2, 3) if n != 2 or (stage, code) == (Stage.DOT, 250)]

    run(work())


@MODES
def test_the_body_arrives_byte_for_byte_and_no_dot_is_stuffed(chunking: Chunking) -> None:
    body = b".\r\n..\r\n.leading\r\n\r\n.\r\n"

    async def work() -> None:
        async with ScriptedServer(features=CHUNKING) as server:
            session = await warm(server.port, chunking)
            outcome = await send(session, "token1", body=body)
            assert (outcome.delivered, outcome.chunked) == (True, True)
            await session.quit()
            assert server.messages[1] == ("token1", b"Subject: token1\r\n\r\n" + body)

    run(work())


@MODES
def test_before_dot_comes_before_the_last_chunk_and_can_stop_it(chunking: Chunking) -> None:
    async def veto() -> None:
        raise Veto("cancelled")

    async def work() -> None:
        async with ScriptedServer(features=CHUNKING) as server:
            session = await warm(server.port, chunking)
            outcome = await session.transaction(message("token1"), veto)
            assert (outcome.kind, outcome.detail) == (Kind.VETOED, "cancelled")
            assert not session.usable
            await server.connections[-1].closed.wait()
            assert [token for token, _ in server.messages] == ["token0"]

    run(work())


def test_a_host_that_offers_chunking_and_knows_no_bdat_costs_no_attempt_and_is_remembered() -> None:
    def script(turn: Turn) -> bytes | None:
        return b"502 5.5.2 what\r\n" if turn.verb == "BDAT" else None

    async def work() -> None:
        known = Workarounds()
        async with ScriptedServer(script, features=CHUNKING) as server:
            session = await warm(server.port, Chunking.CAREFUL)
            outcome = await send(session, "token1")
            assert (outcome.kind, outcome.stage) == (Kind.NOT_ATTEMPTED, Stage.DATA)
            assert not session.usable, "what failed is not tried in another way in the same session"
            assert known.learn(outcome, session.options)
            assert known.of(session.peer.host, Extension.CHUNKING) is False
            again = known.applied(session.options, session.peer.host)
            assert again.chunking is Chunking.NEVER
            assert [token for token, _ in server.messages] == ["token0"]

    run(work())


def test_a_host_is_proven_by_a_row_of_deliveries() -> None:
    async def work() -> None:
        known = Workarounds()
        async with ScriptedServer(features=CHUNKING) as server:
            session = await warm(server.port, Chunking.CAREFUL)
            learned = [
                known.learn(await send(session, f"token{number}"), session.options)
                for number in range(1, PROOFS + 1)
            ]
            assert learned == [False] * (PROOFS - 1) + [True]
            assert known.applied(session.options, session.peer.host).chunking is Chunking.PROVEN
            await session.quit()

    run(work())


@MODES
@pytest.mark.parametrize("end", ["close", "reset", "hang"])
def test_a_loss_after_the_last_chunk_is_in_doubt(end: str, chunking: Chunking) -> None:
    def script(turn: Turn) -> Say | None:
        return Say(b"", end=end) if turn.verb == "DOT" and turn.token == "token1" else None

    async def work() -> None:
        async with ScriptedServer(script, features=CHUNKING) as server:
            session = await warm(server.port, chunking, timeouts=HASTY)
            outcome = await send(session, "token1")
            assert (outcome.kind, outcome.stage) == (Kind.IN_DOUBT, Stage.DOT)

    run(work())


def test_a_session_that_died_while_idle_costs_no_attempt_where_the_first_answers_are_awaited() -> None:
    async def work() -> None:
        async with ScriptedServer(features=CHUNKING) as server:
            session = await warm(server.port, Chunking.CAREFUL)
            server.open[-1].writer.close()
            assert (await send(session, "token1")).kind is Kind.NOT_ATTEMPTED
            assert [token for token, _ in server.messages] == ["token0"]

    run(work())


def faulty(fault: str, verb: str, refused: str) -> Script:
    """One reply of the session's second message doubled, dropped or accompanied; the third may be refused."""

    def script(turn: Turn) -> Say | None:
        if turn.verb not in {"MAIL", "RCPT", "BDAT", "DOT", "RSET"}:
            return None
        right = polite(turn)
        if turn.number == 3 and turn.verb == refused:
            right = f"550 5.1.1 refused {turn.token}\r\n".encode()
        if (turn.verb, turn.number) != (verb, 2):
            return Say(right)
        kind = fault.removesuffix(" late")
        surplus = f"{kind.split()[-1]} 5.7.1 surplus {turn.token}\r\n".encode()
        extra = {"doubled": right, "inserted 250": surplus, "inserted 550": surplus}.get(kind, b"")
        if fault.endswith(" late"):
            return Say(right, late=extra)
        return Say(b"" if fault == "dropped" else right + extra)

    return script


def innocent(outcome: Outcome, token: str) -> bool:
    said = "" if outcome.reply is None else outcome.reply.text
    return "token" not in said or token in said


@MODES
@pytest.mark.parametrize("fault", ["doubled", "doubled late", "dropped", "inserted 250", "inserted 550 late"])
@pytest.mark.parametrize("verb", ["MAIL", "RCPT", "BDAT", "DOT"])
@pytest.mark.parametrize("refused", ["", "RCPT", "DOT"])
def test_no_outcome_holds_another_message_s_reply_when_replies_slip(
    fault: str, verb: str, refused: str, chunking: Chunking
) -> None:
    async def work() -> None:
        async with ScriptedServer(faulty(fault, verb, refused), features=CHUNKING) as server:
            session = await warm(server.port, chunking, timeouts=HASTY)
            for number in itertools.count(1):
                if not session.usable:
                    session = await warm(server.port, chunking, timeouts=HASTY)
                outcome = await send(session, f"token{number}")
                assert innocent(outcome, f"token{number}"), outcome
                taken = {token for token, _ in server.messages}
                assert not outcome.delivered or f"token{number}" in taken
                if outcome.kind in {Kind.LOST_BEFORE_DATA, Kind.NOT_ATTEMPTED, Kind.VETOED}:
                    assert f"token{number}" not in taken
                if number == 4:
                    break

    run(work())
