"""The client against a server that answers each of the 14 combinations, in step and out of step."""

import itertools
import random

import pytest

from relay_saas.mail.replies import Stage
from relay_saas.mail.smtp.outcome import Kind, Outcome
from tests.integration.scripted_server import FEATURES, Say, Script, ScriptedServer, Turn, polite
from tests.integration.smtp_session import HASTY, connect, run, send

WITHOUT_PIPELINING = tuple(feature for feature in FEATURES if feature != b"PIPELINING")
MODES = pytest.mark.parametrize("features", [FEATURES, WITHOUT_PIPELINING], ids=["pipelined", "one by one"])

#: (MAIL, RCPT, DATA) -> stage and code of the outcome, and whether the session lives on.
COMBINATIONS = {
    (250, 250, 354): (Stage.DOT, 250, True),
    (250, 250, 451): (Stage.DATA, 451, True),
    (250, 250, 554): (Stage.DATA, 554, True),
    (250, 450, 354): (Stage.RCPT, 450, True),
    (250, 450, 451): (Stage.RCPT, 450, True),
    (250, 450, 554): (Stage.RCPT, 450, True),
    (250, 550, 354): (Stage.RCPT, 550, True),
    (250, 550, 451): (Stage.RCPT, 550, True),
    (250, 550, 554): (Stage.RCPT, 550, True),
    (451, 503, 503): (Stage.MAIL, 451, True),
    (550, 503, 503): (Stage.MAIL, 550, True),
    (421, None, None): (Stage.MAIL, 421, False),
    (250, 421, None): (Stage.RCPT, 421, False),
    (250, 250, 421): (Stage.DATA, 421, False),
}


def scripted(combination: tuple[int | None, ...], number: int) -> Script:
    """Answer one transaction of the session as the combination says, the others politely; 421 hangs up."""
    codes = dict(zip(("MAIL", "RCPT", "DATA"), combination, strict=True))

    def script(turn: Turn) -> Say | None:
        code = codes.get(turn.verb)
        if turn.token != f"token{number}" or code is None:
            return None
        return Say(f"{code} {turn.verb} {turn.token}\r\n".encode(), end="close" if code == 421 else "")

    return script


@MODES
@pytest.mark.parametrize("position", [1, 2, 3])
@pytest.mark.parametrize("combination", COMBINATIONS, ids=lambda value: "-".join(map(str, value)))
def test_each_combination_has_its_outcome_and_touches_no_other_message(
    combination: tuple[int | None, ...], position: int, features: tuple[bytes, ...]
) -> None:
    stage, code, lives = COMBINATIONS[combination]

    async def work() -> None:
        async with ScriptedServer(scripted(combination, position), features=features) as server:
            session = await connect(server.port)
            for number in (1, 2, 3):
                outcome = await send(session, f"token{number}")
                assert outcome.kind is Kind.REPLY
                assert outcome.reply is not None
                assert f"token{number}" in outcome.reply.text
                expected = (stage, code) if number == position else (Stage.DOT, 250)
                assert (outcome.stage, outcome.reply.code) == expected
                if number == position and not lives:
                    assert not session.usable
                    session = await connect(server.port)
            await session.quit()
            taken = [token for token, body in server.messages if body != b".\r\n"]
            assert taken == [
                f"token{n}" for n in (1, 2, 3) if n != position or (stage, code) == (Stage.DOT, 250)
            ]

    run(work())


@MODES
def test_a_lone_dot_carries_no_body_and_only_follows_a_refused_recipient(features: tuple[bytes, ...]) -> None:
    async def work() -> None:
        async with ScriptedServer(scripted((250, 550, 354), 1), features=features) as server:
            session = await connect(server.port)
            await send(session, "token1")
            await session.quit()
            pipelined = features is FEATURES
            assert [body for _, body in server.messages] == ([b".\r\n"] if pipelined else [])

    run(work())


@MODES
@pytest.mark.parametrize("verb", ["MAIL", "RCPT", "DATA", "DOT"])
@pytest.mark.parametrize("last", ["451 4.7.1 later", "550 5.7.1 never"])
def test_a_refusal_followed_by_a_hang_up_is_still_an_answer(
    verb: str, last: str, features: tuple[bytes, ...]
) -> None:
    def script(turn: Turn) -> Say | None:
        return Say(f"{last} {turn.token}\r\n".encode(), end="close") if turn.verb == verb else None

    async def work() -> None:
        async with ScriptedServer(script, features=features) as server:
            session = await connect(server.port)
            outcome = await send(session, "token1")
            assert (outcome.kind, outcome.stage) == (Kind.REPLY, Stage(verb.lower()))
            assert not session.usable or verb == "DOT"
            session.abort()

    run(work())


FAULTS = (
    "doubled",
    "doubled late",
    "dropped",
    "inserted 250",
    "inserted 550",
    "inserted 550 late",
    "inserted 354",
)


def faulty(fault: str, verb: str, number: int, refused: str) -> Script:
    """One reply of one transaction doubled, dropped or accompanied by another; message 2 may be refused."""

    def script(turn: Turn) -> Say | None:
        if turn.verb not in {"MAIL", "RCPT", "DATA", "DOT", "RSET"}:
            return None
        right = polite(turn)
        if turn.number == 2 and turn.verb == refused:
            right = f"550 5.1.1 refused {turn.token}\r\n".encode()
        if (turn.verb, turn.number) != (verb, number):
            return Say(right)
        token = turn.token.encode()
        kind = fault.removesuffix(" late")
        extra = {
            "doubled": right,
            "inserted 250": b"250 2.0.0 surplus " + token + b"\r\n",
            "inserted 550": b"550 5.7.1 surplus " + token + b"\r\n",
            "inserted 354": b"354 surplus " + token + b"\r\n",
        }.get(kind, b"")
        if fault.endswith(" late"):
            return Say(right, late=extra)
        return Say(b"" if fault == "dropped" else right + extra)

    return script


def innocent(outcome: Outcome, token: str) -> bool:
    """No reply of another message, and no delivery that the server does not know."""
    said = "" if outcome.reply is None else outcome.reply.text
    return "token" not in said or token in said


@MODES
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("verb", ["MAIL", "RCPT", "DATA", "DOT"])
@pytest.mark.parametrize("refused", ["", "MAIL", "RCPT", "DATA", "DOT"])
def test_no_outcome_holds_another_message_s_reply_when_replies_slip(
    fault: str, verb: str, refused: str, features: tuple[bytes, ...]
) -> None:
    async def work() -> None:
        async with ScriptedServer(faulty(fault, verb, 1, refused), features=features) as server:
            outcomes: dict[str, Outcome] = {}
            session = await connect(server.port, HASTY)
            for number in (1, 2, 3):
                if not session.usable:
                    session.abort()
                    session = await connect(server.port, HASTY)
                outcomes[f"token{number}"] = await send(session, f"token{number}")
            session.abort()
            taken = {token for token, body in server.messages if body != b".\r\n"}
            for token, outcome in outcomes.items():
                assert innocent(outcome, token), (token, outcome)
                assert not outcome.delivered or token in taken
                if outcome.kind in {Kind.LOST_BEFORE_DATA, Kind.NOT_ATTEMPTED, Kind.VETOED}:
                    assert token not in taken

    run(work())


@MODES
def test_a_random_mixture_of_faults_over_many_sessions_mixes_no_replies_up(
    features: tuple[bytes, ...],
) -> None:
    chance = random.Random(20261124)
    verbs, refusals = ("MAIL", "RCPT", "DATA", "DOT"), ("", "MAIL", "RCPT", "DATA", "DOT")
    everything = list(itertools.product(FAULTS, verbs, (2, 3), refusals))

    async def work() -> None:
        for fault, verb, number, refused in chance.sample(everything, 25):
            async with ScriptedServer(faulty(fault, verb, number, refused), features=features) as server:
                session = await connect(server.port, HASTY)
                for count in range(1, 5):
                    if not session.usable:
                        session.abort()
                        session = await connect(server.port, HASTY)
                    outcome = await send(session, f"token{count}")
                    assert innocent(outcome, f"token{count}"), (fault, verb, number, refused, outcome)
                session.abort()

    run(work(), seconds=60)
