"""One message over a session: the bytes on the wire, and whose reply is the outcome."""

import pytest

from relay_saas.mail.replies import Stage
from relay_saas.mail.smtp.outcome import Kind
from relay_saas.mail.smtp.transaction import BadMessage, Outgoing
from tests.integration.scripted_server import FEATURES, Say, Script, ScriptedServer
from tests.integration.smtp_session import connect, message, nothing, run, send

WITHOUT_PIPELINING = tuple(feature for feature in FEATURES if feature != b"PIPELINING")
MODES = pytest.mark.parametrize("features", [FEATURES, WITHOUT_PIPELINING], ids=["pipelined", "one by one"])


def answering(verb: str, say: Say | bytes) -> Script:
    """The same answer to each command of one kind, politeness to the others."""
    return lambda turn: say if turn.verb == verb else None


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
