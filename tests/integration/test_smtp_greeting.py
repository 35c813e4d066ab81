"""From connect to EHLO: banners, HELO, STARTTLS and hosts that say nothing or too much."""

import socket
import ssl
from pathlib import Path

import pytest

from relay_saas.mail.replies import Stage, parse_text
from relay_saas.mail.smtp.outcome import Cause, Kind, Outcome, SessionFailed
from relay_saas.mail.smtp.session import capabilities_of
from relay_saas.mail.smtp.tls import ResumingContext, TlsPolicy, opportunistic_context
from tests.integration.certificates import server_context
from tests.integration.scripted_server import Say, Script, ScriptedServer
from tests.integration.smtp_session import QUICK, connect, run, send


def answering(verb: str, say: Say | bytes) -> Script:
    """The same answer to each command of one kind, politeness to the others."""
    return lambda turn: say if turn.verb == verb else None


def failure(script: Script, *, tls: ssl.SSLContext | None = None, **options: object) -> Outcome:
    """The outcome of a session that cannot be opened."""

    async def work() -> Outcome:
        async with ScriptedServer(script, tls=tls) as server:
            with pytest.raises(SessionFailed) as failed:
                await connect(server.port, QUICK, **options)
            return failed.value.outcome

    return run(work())


@pytest.mark.parametrize("banner", ["421 busy", "554 5.7.1 go away"])
def test_a_refusing_banner_is_told_with_its_reply(banner: str) -> None:
    outcome = failure(answering("BANNER", f"{banner}\r\n".encode()))
    assert (outcome.kind, outcome.stage) == (Kind.CONNECT_FAILED, Stage.BANNER)
    assert outcome.reply is not None
    assert str(outcome.reply) == banner


@pytest.mark.parametrize(
    ("say", "cause"),
    [
        (Say(b"", end="hang"), Cause.TIMEOUT),
        (Say(b"220 never whole", end="hang"), Cause.TIMEOUT),
        (Say(b"220 mx.example.test slow as a snail\r\n", drip=0.05), Cause.TIMEOUT),
        (Say(b"", end="close"), Cause.CLOSED),
        (Say(b"", end="reset"), Cause.CLOSED),
        (Say(b"SSH-2.0-OpenSSH\r\n"), Cause.GARBAGE),
        (Say(b"\x16\x03\x01\x02\x00\r\n"), Cause.GARBAGE),
        (Say(b"999 what\r\n"), Cause.GARBAGE),
        (Say(b"220-" + b"x" * 5000), Cause.GARBAGE),
    ],
    ids=["silent", "half a line", "dripping", "closed", "reset", "ssh", "tls", "999", "endless line"],
)
def test_a_host_that_does_not_greet_is_left(say: Say, cause: Cause) -> None:
    outcome = failure(answering("BANNER", say))
    assert (outcome.kind, outcome.stage, outcome.cause) == (Kind.CONNECT_FAILED, Stage.BANNER, cause)


def test_a_dripping_banner_costs_no_more_than_its_deadline() -> None:
    outcome = failure(answering("BANNER", Say(b"220 " + b"x" * 100, drip=0.05)))
    assert dict(outcome.timings)[Stage.BANNER] < 1000


def test_a_closed_port_fails_at_connect() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))

        async def work() -> Outcome:
            with pytest.raises(SessionFailed) as failed:
                await connect(unused.getsockname()[1], QUICK)
            return failed.value.outcome

        outcome = run(work())
    assert (outcome.kind, outcome.stage) == (Kind.CONNECT_FAILED, Stage.CONNECT)


def test_helo_is_tried_where_ehlo_is_not_known() -> None:
    async def work() -> None:
        async with ScriptedServer(answering("EHLO", b"500 no\r\n")) as server:
            session = await connect(server.port)
            assert not session.pipelining
            assert (await send(session, "token1")).delivered
            await session.quit()
            assert server.commands[:2] == ["EHLO", "HELO"]

    run(work())


def test_a_temporary_answer_to_ehlo_is_not_a_reason_for_helo() -> None:
    outcome = failure(answering("EHLO", b"421 4.3.2 later\r\n"))
    assert (outcome.stage, outcome.cause) == (Stage.EHLO, Cause.REFUSED)


def test_a_hundred_thousand_lines_of_ehlo_are_bounded() -> None:
    outcome = failure(answering("EHLO", Say(b"250-EXTENSION\r\n" * 100_000)))
    assert (outcome.stage, outcome.cause) == (Stage.EHLO, Cause.GARBAGE)


def test_a_banner_with_more_behind_it_is_not_trusted() -> None:
    outcome = failure(answering("BANNER", b"220 hello\r\n250 and more\r\n"))
    assert (outcome.stage, outcome.cause) == (Stage.EHLO, Cause.SURPLUS)


def test_the_connection_leaves_from_the_source_address() -> None:
    async def work() -> None:
        async with ScriptedServer() as server:
            session = await connect(server.port, source="127.0.0.9")
            await session.quit()
            assert server.connections[-1].peer == "127.0.0.9"

    run(work())


def test_a_source_address_that_is_not_ours_fails_at_connect() -> None:
    outcome = failure(lambda _: None, source="192.0.2.1")
    assert (outcome.kind, outcome.stage) == (Kind.CONNECT_FAILED, Stage.CONNECT)


@pytest.mark.parametrize("expired", [False, True])
def test_starttls_is_used_where_offered_whatever_the_certificate(tmp_path: Path, *, expired: bool) -> None:
    async def work() -> None:
        async with ScriptedServer(tls=server_context(tmp_path, name="other.test", expired=expired)) as server:
            session = await connect(server.port)
            outcome = await send(session, "token1")
            assert outcome.delivered
            assert outcome.tls is not None
            assert outcome.tls.version.startswith("TLSv1.")
            assert (await send(session, "token2")).delivered
            await session.quit()
            assert server.commands[:3] == ["EHLO", "STARTTLS", "EHLO"]

    run(work())


def test_a_host_s_tls_session_is_taken_up_again(tmp_path: Path) -> None:
    async def work() -> None:
        context = opportunistic_context()
        async with ScriptedServer(tls=server_context(tmp_path)) as server:
            resumed = []
            for _ in range(3):
                session = await connect(server.port, context=context)
                assert session.tls is not None
                resumed.append(session.tls.resumed)
                assert (await send(session, "token1")).delivered
                await session.quit()
            assert resumed == [False, True, True]

    run(work())


def test_a_host_that_has_forgotten_the_tls_session_gets_a_full_handshake(tmp_path: Path) -> None:
    async def work() -> None:
        context = opportunistic_context()
        async with ScriptedServer(tls=server_context(tmp_path)) as server:
            await (await connect(server.port, context=context)).quit()
            server.tls = server_context(tmp_path)
            for resumed in (False, True):
                session = await connect(server.port, context=context)
                assert session.tls is not None
                assert session.tls.resumed is resumed
                await session.quit()

    run(work())


def test_a_big_message_leaves_whole_under_tls(tmp_path: Path) -> None:
    body = b"0123456789abcde\r\n" * 40_000

    async def work() -> None:
        async with ScriptedServer(tls=server_context(tmp_path)) as server:
            session = await connect(server.port)
            assert (await send(session, "token1", body=body)).delivered
            await session.quit()
            assert server.messages[0][1] == b"Subject: token1\r\n\r\n" + body + b".\r\n"

    run(work())


def test_bytes_injected_before_the_handshake_end_the_session(tmp_path: Path) -> None:
    script = answering("STARTTLS", b"220 ready\r\n250-PIPELINING\r\n250 evil\r\n")
    outcome = failure(script, tls=server_context(tmp_path))
    assert (outcome.kind, outcome.stage, outcome.cause) == (Kind.CONNECT_FAILED, Stage.TLS, Cause.SURPLUS)


def test_garbage_instead_of_a_handshake_ends_the_session(tmp_path: Path) -> None:
    script = answering("STARTTLS", Say(b"220 ready\r\n", late=b"", end="close"))
    outcome = failure(script, tls=server_context(tmp_path))
    assert (outcome.kind, outcome.stage) == (Kind.CONNECT_FAILED, Stage.TLS)


@pytest.mark.parametrize("policy", TlsPolicy)
def test_a_refused_starttls_matters_only_where_tls_is_required(tmp_path: Path, policy: TlsPolicy) -> None:
    async def work() -> None:
        script = answering("STARTTLS", b"454 4.7.0 not now\r\n")
        async with ScriptedServer(script, tls=server_context(tmp_path)) as server:
            if policy is TlsPolicy.REQUIRED:
                with pytest.raises(SessionFailed):
                    await connect(server.port, tls=policy)
                return
            session = await connect(server.port, tls=policy)
            assert (await send(session, "token1")).tls is None
            await session.quit()
            assert ("STARTTLS" in server.commands) == (policy is TlsPolicy.OPPORTUNISTIC)

    run(work())


def test_required_tls_fails_where_it_is_not_offered() -> None:
    async def work() -> None:
        async with ScriptedServer() as server:
            with pytest.raises(SessionFailed) as failed:
                await connect(server.port, tls=TlsPolicy.REQUIRED)
            assert failed.value.outcome.cause is Cause.TLS_REQUIRED

    run(work())


def test_a_verifying_context_refuses_an_expired_certificate(tmp_path: Path) -> None:
    context = ResumingContext()

    async def work() -> None:
        async with ScriptedServer(tls=server_context(tmp_path, expired=True)) as server:
            with pytest.raises(SessionFailed) as failed:
                await connect(server.port, QUICK, tls=TlsPolicy.REQUIRED, context=context)
            assert (failed.value.outcome.stage, failed.value.outcome.cause) == (Stage.TLS, Cause.TLS)

    run(work())


def test_capabilities_are_read_from_any_spelling() -> None:
    reply = parse_text("250-mx.test greets\n250-size 1000\n250-AUTH=PLAIN LOGIN\n250- \n250 Pipelining")
    assert capabilities_of(reply) == {"SIZE": ("1000",), "AUTH": ("PLAIN", "LOGIN"), "PIPELINING": ()}
