"""One message over a session: the bytes on the wire, the moment before the dot, and every way to lose it."""

import asyncio

import pytest

from relay_saas.mail.replies import Stage
from relay_saas.mail.smtp.outcome import Cause, Kind, Outcome, Veto
from relay_saas.mail.smtp.transaction import BadMessage, Outgoing
from tests.integration.scripted_server import FEATURES, Say, Script, ScriptedServer, Turn
from tests.integration.smtp_session import PATIENT, QUICK, connect, message, nothing, run, send, until

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


def test_an_envelope_with_pipelining_is_one_write_and_the_parameters_are_those_offered() -> None:
    async def work() -> None:
        async with ScriptedServer() as server:
            session = await connect(server.port)
            sent = message("token1")
            assert (await session.transaction(sent, nothing)).delivered
            await session.quit()
            assert server.connections[-1].commands == [
                b"EHLO relay.example.test",
                b"MAIL FROM:<token1@rp.example.test> SIZE=%d" % sent.size,
                b"RCPT TO:<taro@example.test>",
                b"DATA",
                b"QUIT",
            ]

    run(work())


def test_a_bare_server_gets_a_bare_envelope() -> None:
    async def work() -> None:
        async with ScriptedServer(features=()) as server:
            session = await connect(server.port)
            assert (await send(session, "token1")).delivered
            await session.quit()
            assert b"MAIL FROM:<token1@rp.example.test>" in server.connections[-1].commands

    run(work())


@MODES
def test_the_body_arrives_byte_for_byte_with_its_dots_stuffed(features: tuple[bytes, ...]) -> None:
    body = b".\r\n..\r\n.leading\r\nmid.dot\r\n\r\n.\r\nno line end"

    async def work() -> None:
        async with ScriptedServer(features=features) as server:
            session = await connect(server.port)
            assert (await send(session, "token1", body=body)).delivered
            await session.quit()
            wire = server.messages[0][1]
            assert wire.endswith(b"\r\n.\r\n")
            assert b"\r\n.\r\n" not in wire[:-5]
            lines = wire[:-5].split(b"\r\n")
            assert [
                line.removeprefix(b".") if line.startswith(b".") else line for line in lines[2:]
            ] == body.split(b"\r\n")

    run(work())


@pytest.mark.parametrize("first", [b"\r\n", b"\n", b"\r"])
@pytest.mark.parametrize("last", [b"\r\n", b"\n", b"\r"])
def test_no_end_of_data_but_ours_can_be_smuggled(first: bytes, last: bytes) -> None:
    body = b"hello" + first + b"." + last + b"MAIL FROM:<evil@example.test>\r\n"

    async def work() -> None:
        async with ScriptedServer() as server:
            session = await connect(server.port)
            if first + last == b"\r\n\r\n":
                assert (await send(session, "token1", body=body)).delivered
            else:
                with pytest.raises(BadMessage):
                    await send(session, "token1", body=body)
            assert session.usable
            await session.quit()
            assert sum(command.startswith(b"MAIL") for command in server.connections[-1].commands) <= 1

    run(work())


@pytest.mark.parametrize(
    "address",
    [
        "a@b.test>\r\nDATA",
        "a b@example.test",
        "a@example.test> SIZE=1",
        "<a@example.test",
        "a@b@example.test",
        'a"@example.test',
        "a\x00@example.test",
        "a\x85@example.test",
        "nobody",
        "",
    ],
)
def test_an_address_that_could_end_its_command_is_never_written(address: str) -> None:
    with pytest.raises(BadMessage):
        Outgoing(mail_from="", rcpt=address, data=b"x\r\n", smtputf8=True).check()


@pytest.mark.parametrize("address", ["a@example.test", '"a b>"@example.test', "o'neil+x=1@example.test"])
def test_a_proper_address_passes_the_check(address: str) -> None:
    Outgoing(mail_from="", rcpt=address, data=b"x\r\n").check()


def test_a_body_with_nul_is_never_written() -> None:
    with pytest.raises(BadMessage, match="NUL"):
        Outgoing(mail_from="", rcpt="a@example.test", data=b"x\0\r\n").check()


@pytest.mark.parametrize(
    ("missing", "values", "enhanced"),
    [
        (b"SMTPUTF8", {"rcpt": "太郎@example.test", "smtputf8": True}, "5.6.7"),
        (b"8BITMIME", {"body": "太郎\r\n".encode()}, "5.6.3"),
        (b"SIZE 50000000", {"body": b"x" * 2000 + b"\r\n"}, "5.3.4"),
    ],
)
def test_what_the_server_cannot_take_is_not_sent(
    missing: bytes, values: dict[str, object], enhanced: str
) -> None:
    features = (*(feature for feature in FEATURES if feature != missing), b"SIZE 1000")

    async def work() -> None:
        async with ScriptedServer(features=features) as server:
            session = await connect(server.port)
            outcome = await send(session, "token1", **values)
            assert outcome.kind is Kind.UNSUPPORTED
            assert outcome.reply is not None
            assert outcome.reply.enhanced == enhanced
            assert (session.rcpt_count, session.usable) == (0, True)
            await session.quit()
            assert server.commands == ["EHLO", "QUIT"]

    run(work())


def test_utf8_is_declared_where_it_is_needed() -> None:
    async def work() -> None:
        async with ScriptedServer() as server:
            session = await connect(server.port)
            sent = message("token1", rcpt="太郎@example.test", body="太郎\r\n".encode(), smtputf8=True)
            assert (await session.transaction(sent, nothing)).delivered
            await session.quit()
            mail, rcpt = server.connections[-1].commands[1:3]
            assert mail.endswith(b" BODY=8BITMIME SMTPUTF8")
            assert rcpt == "RCPT TO:<太郎@example.test>".encode()

    run(work())


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


@pytest.mark.parametrize("dot", [b"451 later", b"550 5.7.1 spam", b"421 closing", b"250 ok"])
def test_the_reply_to_the_dot_is_the_outcome(dot: bytes) -> None:
    async def work() -> None:
        async with ScriptedServer(answering("DOT", dot + b"\r\n")) as server:
            session = await connect(server.port)
            outcome = await send(session, "token1")
            assert (outcome.kind, outcome.stage) == (Kind.REPLY, Stage.DOT)
            assert outcome.reply is not None
            assert str(outcome.reply) == dot.decode()
            assert outcome.delivered == dot.startswith(b"250")
            assert session.usable == (not dot.startswith(b"421"))
            session.abort()

    run(work())


def test_a_reset_after_the_250_changes_nothing() -> None:
    async def work() -> None:
        async with ScriptedServer(answering("QUIT", Say(b"", end="reset"))) as server:
            session = await connect(server.port)
            outcome = await send(session, "token1")
            await session.quit()
            assert outcome.delivered

    run(work())


@MODES
def test_rcpt_commands_are_counted_refused_ones_too(features: tuple[bytes, ...]) -> None:
    async def work() -> None:
        async with ScriptedServer(answering("RCPT", b"550 5.1.1 unknown\r\n"), features=features) as server:
            session = await connect(server.port)
            for number in range(3):
                await send(session, f"token{number}")
            assert (session.rcpt_count, session.transactions) == (3, 3)
            await session.quit()

    run(work())


def test_a_second_transaction_at_once_is_refused() -> None:
    async def work() -> None:
        async with ScriptedServer() as server:
            session = await connect(server.port)

            async def again() -> None:
                with pytest.raises(RuntimeError):
                    await send(session, "token2")

            assert (await session.transaction(message("token1"), again)).delivered
            await session.quit()

    run(work())


@MODES
def test_a_slipped_reply_makes_a_refusal_nobody_s(features: tuple[bytes, ...]) -> None:
    """RSET answers a refusal with anything but 250: the refusal may belong to another command."""

    async def work() -> None:
        script = {"RCPT": b"550 5.1.1 unknown\r\n", "RSET": b"503 5.5.1 no recipients\r\n"}
        async with ScriptedServer(lambda turn: script.get(turn.verb), features=features) as server:
            session = await connect(server.port)
            outcome = await send(session, "token1")
            assert (outcome.kind, outcome.stage) == (Kind.LOST_BEFORE_DATA, Stage.RCPT)
            assert not session.usable

    run(work())


@MODES
def test_a_host_that_says_the_same_to_everything_is_believed(features: tuple[bytes, ...]) -> None:
    async def work() -> None:
        said = b"554 5.7.1 blocked\r\n"
        verbs = {"MAIL", "RCPT", "DATA", "RSET"}
        async with ScriptedServer(
            lambda turn: said if turn.verb in verbs else None, features=features
        ) as server:
            session = await connect(server.port)
            outcome = await send(session, "token1")
            assert (outcome.kind, outcome.stage) == (Kind.REPLY, Stage.MAIL)
            assert not session.usable

    run(work())
