"""What is learned of a host, how long it holds, and what it changes."""

from datetime import UTC, datetime, timedelta

import pytest

from relay_saas.mail.replies import Stage, parse_text
from relay_saas.mail.smtp.outcome import Cause, Kind, Outcome, Peer
from relay_saas.mail.smtp.session import Options
from relay_saas.mail.smtp.tls import TlsPolicy
from relay_saas.mail.smtp.workarounds import BROKEN_FOR, SUSPICIONS, Extension, Workarounds

HOST = "mx.example.test"
OPTIONS = Options(helo="relay.example.test")
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


def ended(kind: Kind, stage: Stage, cause: Cause | None = None, **values: object) -> Outcome:
    peer = Peer(host=HOST, address="192.0.2.1")
    return Outcome(kind=kind, stage=stage, peer=peer, cause=cause, **values)  # type: ignore[arg-type]


NO_HANDSHAKE = ended(Kind.CONNECT_FAILED, Stage.TLS, Cause.TLS, detail="wrong version number")
OUT_OF_STEP = ended(Kind.LOST_BEFORE_DATA, Stage.RCPT, Cause.TIMEOUT, pipelined=True)


def test_a_failed_handshake_is_remembered_for_an_hour_and_shown() -> None:
    clock = Clock()
    known = Workarounds(clock=clock)
    assert known.learn(NO_HANDSHAKE, OPTIONS)
    assert known.applied(OPTIONS, HOST).tls is TlsPolicy.NEVER
    assert known.applied(OPTIONS, "other.test") is OPTIONS
    [trait] = known
    assert (trait.host, trait.extension, trait.works) == (HOST, Extension.STARTTLS, False)
    assert (trait.evidence, trait.until) == ("wrong version number", NOON + BROKEN_FOR)
    clock.now += BROKEN_FOR + timedelta(seconds=1)
    assert list(known) == []
    assert known.applied(OPTIONS, HOST) is OPTIONS


def test_tls_that_is_required_is_never_given_up() -> None:
    required = Options(helo="relay.example.test", tls=TlsPolicy.REQUIRED)
    known = Workarounds()
    assert not known.learn(NO_HANDSHAKE, required)
    known.learn(NO_HANDSHAKE, OPTIONS)
    assert known.applied(required, HOST).tls is TlsPolicy.REQUIRED


@pytest.mark.parametrize("cause", [Cause.SURPLUS, Cause.CLOSED, Cause.TIMEOUT, Cause.REFUSED])
def test_another_failure_of_a_session_teaches_nothing_of_tls(cause: Cause) -> None:
    """Bytes before the handshake are an attack: clear text would be its success."""
    known = Workarounds()
    assert not known.learn(ended(Kind.CONNECT_FAILED, Stage.TLS, cause), OPTIONS)
    assert list(known) == []


def test_a_host_whose_pipelined_replies_do_not_come_is_spoken_to_one_by_one() -> None:
    known = Workarounds()
    for _ in range(SUSPICIONS - 1):
        assert not known.learn(OUT_OF_STEP, OPTIONS)
    assert known.learn(OUT_OF_STEP, OPTIONS)
    assert not known.applied(OPTIONS, HOST).pipelining


@pytest.mark.parametrize(
    "outcome",
    [
        ended(Kind.LOST_BEFORE_DATA, Stage.RCPT, Cause.TIMEOUT),
        ended(Kind.LOST_BEFORE_DATA, Stage.MAIL, Cause.TIMEOUT, pipelined=True),
        ended(Kind.LOST_BEFORE_DATA, Stage.DATA, Cause.CLOSED, pipelined=True),
        ended(Kind.REPLY, Stage.RCPT, reply=parse_text("550 5.1.1 no"), pipelined=True),
        ended(Kind.IN_DOUBT, Stage.DOT, Cause.TIMEOUT, pipelined=True),
    ],
    ids=lambda outcome: f"{outcome.kind}-{outcome.stage}-{outcome.pipelined}",
)
def test_an_ordinary_end_is_no_reason_to_give_pipelining_up(outcome: Outcome) -> None:
    known = Workarounds()
    for _ in range(2 * SUSPICIONS):
        assert not known.learn(outcome, OPTIONS)


def test_what_another_run_has_learned_is_taken_over_and_not_told_again() -> None:
    first = Workarounds()
    first.learn(NO_HANDSHAKE, OPTIONS)
    second = Workarounds(first.fresh)
    assert second.of(HOST, Extension.STARTTLS) is False
    assert second.fresh == []
