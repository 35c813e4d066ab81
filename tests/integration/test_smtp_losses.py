"""The moment before the dot, and every way to lose a message or a session."""

import asyncio

import pytest

from relay_saas.mail.replies import Stage
from relay_saas.mail.smtp.outcome import Cause, Kind, Outcome, Veto
from tests.integration.scripted_server import FEATURES, Say, Script, ScriptedServer, Turn
from tests.integration.smtp_session import PATIENT, QUICK, connect, message, run, send, until

WITHOUT_PIPELINING = tuple(feature for feature in FEATURES if feature != b"PIPELINING")
MODES = pytest.mark.parametrize("features", [FEATURES, WITHOUT_PIPELINING], ids=["pipelined", "one by one"])


def answering(verb: str, say: Say | bytes) -> Script:
    """The same answer to each command of one kind, politeness to the others."""
    return lambda turn: say if turn.verb == verb else None


def outcome_of(script: Script, features: tuple[bytes, ...] = FEATURES) -> tuple[Outcome, ScriptedServer]:
    """The outcome of one message with short deadlines, and what the server saw."""

    async def work() -> tuple[Outcome, ScriptedServer]:
        async with ScriptedServer(script, features=features) as server:
            session = await connect(server.port, QUICK)
            outcome = await send(session, "token1")
            assert session.usable == (outcome.kind is Kind.REPLY and outcome.reply is not None)
            session.abort()
            await session.closed()
            await server.connections[-1].closed.wait()
            return outcome, server

    return run(work())


@MODES
def test_before_dot_runs_once_when_the_whole_body_has_left(features: tuple[bytes, ...]) -> None:
    async def work() -> None:
        reading = asyncio.Event()
        states: list[bool] = []

        async def wait(turn: Turn) -> None:
            await reading.wait()

        async def before_dot() -> None:
            states.append(bool(server.messages))

        body = b"x" * 998 + b"\r\n"
        async with ScriptedServer(features=features, before_read=wait) as server:
            session = await connect(server.port, PATIENT)
            task = asyncio.create_task(session.transaction(message("token1", body=body * 20_000), before_dot))
            await until(lambda: b"DATA" in server.connections[-1].commands)
            await until(lambda: session._protocol._unsent() > 0)
            assert not states, "20 MB cannot have left while the server does not read"
            reading.set()
            assert (await task).delivered
            assert states == [False]
            await session.quit()

    run(work())


@MODES
def test_a_veto_before_the_dot_leaves_no_message_behind(features: tuple[bytes, ...]) -> None:
    async def veto() -> None:
        raise Veto("cancelled")

    async def work() -> None:
        async with ScriptedServer(features=features) as server:
            session = await connect(server.port)
            outcome = await session.transaction(message("token1"), veto)
            assert (outcome.kind, outcome.stage, outcome.detail) == (Kind.VETOED, Stage.DATA, "cancelled")
            assert not session.usable
            await server.connections[-1].closed.wait()
            assert server.messages == []

    run(work())


def test_an_error_in_before_dot_closes_and_passes_through() -> None:
    async def full() -> None:
        raise OSError(28, "No space left on device")

    async def work() -> None:
        async with ScriptedServer() as server:
            session = await connect(server.port)
            with pytest.raises(OSError, match="No space"):
                await session.transaction(message("token1"), full)
            assert not session.usable
            await server.connections[-1].closed.wait()
            assert server.messages == []

    run(work())


def test_a_cancelled_transaction_closes_its_connection() -> None:
    async def work() -> None:
        async with ScriptedServer(answering("DATA", Say(b"", end="hang"))) as server:
            session = await connect(server.port)
            task = asyncio.create_task(send(session, "token1"))
            await until(lambda: b"DATA" in server.connections[-1].commands)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert not session.usable
            await server.connections[-1].closed.wait()
            assert server.messages == []

    run(work())


@MODES
@pytest.mark.parametrize(
    ("say", "cause"),
    [
        (Say(b"", end="hang"), Cause.TIMEOUT),
        (Say(b"", end="close"), Cause.CLOSED),
        (Say(b"", end="reset"), Cause.CLOSED),
        (Say(b"OK\r\n", end="hang"), Cause.GARBAGE),
        (Say(b"999 what\r\n", end="hang"), Cause.GARBAGE),
        (Say(b"354 again\r\n", end="hang"), Cause.GARBAGE),
        (Say(b"250 " + b"x" * 1_000_000 + b"\r\n", end="hang"), Cause.GARBAGE),
        (Say(b"250-a\r\n" * 20_000, end="hang"), Cause.GARBAGE),
        (Say(b"250 taken, dripping\r\n", drip=0.05, end="hang"), Cause.TIMEOUT),
    ],
    ids=["silent", "closed", "reset", "OK", "999", "354", "1 MB line", "endless", "dripping"],
)
def test_without_a_readable_reply_to_the_dot_the_message_is_in_doubt(
    say: Say, cause: Cause, features: tuple[bytes, ...]
) -> None:
    outcome, server = outcome_of(answering("DOT", say), features)
    assert (outcome.kind, outcome.stage, outcome.cause) == (Kind.IN_DOUBT, Stage.DOT, cause)
    assert [token for token, _ in server.messages] == ["token1"]


@MODES
@pytest.mark.parametrize("verb", ["MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize(
    "say",
    [
        Say(b"", end="hang"),
        Say(b"", end="close"),
        Say(b"", end="reset"),
        Say(b"OK\r\n", end="hang"),
        Say(b"999 what\r\n", end="hang"),
        Say(b"250-a\r\n" * 20_000, end="hang"),
        Say(b"250 " + b"x" * 1_000_000 + b"\r\n", end="hang"),
        Say(b"354 go on, dripping\r\n", drip=0.05, end="hang"),
    ],
    ids=["silent", "closed", "reset", "OK", "999", "endless", "1 MB line", "dripping"],
)
def test_a_loss_before_the_dot_is_never_in_doubt(verb: str, say: Say, features: tuple[bytes, ...]) -> None:
    outcome, server = outcome_of(answering(verb, say), features)
    assert (outcome.kind, outcome.stage) == (Kind.LOST_BEFORE_DATA, Stage(verb.lower()))
    assert server.messages == []


@MODES
@pytest.mark.parametrize(
    "said", [b"", b"421 4.3.2 shutting down\r\n", b"552 5.3.4 too much\r\n", b"250 taken\r\n"]
)
def test_whatever_comes_before_the_dot_ends_the_session_without_a_dot(
    said: bytes, features: tuple[bytes, ...]
) -> None:
    async def work() -> None:
        written = asyncio.Event()

        async def journal() -> None:
            written.set()
            await gone.wait()

        async def speak(turn: Turn) -> None:
            await written.wait()

        gone = asyncio.Event()
        async with ScriptedServer(features=features, before_read=speak) as server:
            session = await connect(server.port)
            task = asyncio.create_task(session.transaction(message("token1"), journal))
            await written.wait()
            conversation = server.open[-1]
            conversation.writer.write(said)
            if not said:
                conversation.writer.transport.abort()
            await until(lambda: session._protocol.lost is not None)
            gone.set()
            outcome = await task
            assert (outcome.kind, outcome.stage) == (Kind.LOST_BEFORE_DATA, Stage.DATA)
            await server.connections[-1].closed.wait()
            assert server.messages == []

    run(work())


def test_a_server_that_stops_reading_meets_the_deadline_of_the_block() -> None:
    async def never(turn: Turn) -> None:
        await asyncio.Event().wait()

    async def work() -> None:
        async with ScriptedServer(before_read=never) as server:
            session = await connect(server.port, QUICK)
            outcome = await send(session, "token1", body=(b"x" * 998 + b"\r\n") * 20_000)
            assert (outcome.kind, outcome.stage, outcome.cause) == (
                Kind.LOST_BEFORE_DATA,
                Stage.DATA,
                Cause.TIMEOUT,
            )

    run(work())


@MODES
@pytest.mark.parametrize(
    ("more", "kind"),
    [
        (b"550 5.1.1 no such user\r\n", Kind.IN_DOUBT),
        (b"250 2.0.0 taken another\r\n", Kind.IN_DOUBT),
        (b"250 2.0.0 taken token1\r\n", Kind.REPLY),
        (b"421 4.7.0 enough for now\r\n", Kind.REPLY),
        (b"221 2.0.0 bye\r\n", Kind.REPLY),
    ],
)
def test_of_two_different_replies_to_one_dot_neither_is_believed(
    features: tuple[bytes, ...], more: bytes, kind: Kind
) -> None:
    async def work() -> None:
        script = answering("DOT", b"250 2.0.0 taken token1\r\n" + more)
        async with ScriptedServer(script, features=features) as server:
            session = await connect(server.port, QUICK)
            outcome = await send(session, "token1")
            assert (outcome.kind, outcome.stage) == (kind, Stage.DOT)
            assert not session.usable
            await session.closed()

    run(work())


@MODES
@pytest.mark.parametrize("said", [b"", b"421 4.4.2 idle for too long\r\n", b"250 surplus\r\n"])
def test_a_session_that_died_while_idle_costs_no_attempt(said: bytes, features: tuple[bytes, ...]) -> None:
    async def work() -> None:
        async with ScriptedServer(features=features) as server:
            session = await connect(server.port)
            assert (await send(session, "token1")).delivered
            server.open[-1].writer.write(said)
            server.open[-1].writer.close()
            outcome = await send(session, "token2")
            assert (outcome.kind, outcome.reused) == (Kind.NOT_ATTEMPTED, 1)
            assert not session.usable
            await session.closed()

    run(work())


def test_a_fresh_session_that_dies_before_mail_is_an_attempt() -> None:
    outcome, _ = outcome_of(answering("MAIL", Say(b"", end="close")))
    assert (outcome.kind, outcome.reused) == (Kind.LOST_BEFORE_DATA, 0)
