"""The catalogue of remote servers' behaviours in one session: what becomes of the recipient."""

import ssl
from pathlib import Path
from typing import Any

import pytest

from relay_saas.mail.bounces import Disposition
from relay_saas.mail.smtp.limits import Timeouts
from relay_saas.mail.smtp.outcome import Kind, Outcome, SessionFailed
from relay_saas.mail.smtp.verdict import verdict_of
from tests.cases.loader import Case, load
from tests.integration.certificates import server_context
from tests.integration.scripted_server import FEATURES, Say, Script, ScriptedServer
from tests.integration.smtp_session import QUICK, connect, run, send

#: Behaviours of routing, of many sessions, or of time that other tests stand for.
ELSEWHERE = {"max_conn", "mx", "down_s"}
CASES = [
    case
    for _, case in load("sink_behaviours")
    if not ELSEWHERE & set(case["input"]["behave"]) and case["id"] != "sink-024"
]


def script_of(behave: dict[str, Any]) -> Script:
    """The behaviour as a script."""

    end = "hang" if behave.get("endless") else ""
    says: dict[str, Say] = {}
    for key, value in behave.items():
        if key.endswith("_delay"):
            says[key.removesuffix("_delay")] = Say(b"", end="hang")
        elif isinstance(value, str) and key not in {"starttls", "rst_after"}:
            says[key] = Say(value.encode("latin-1") + b"\r\n", end=end)
    special = {
        "drip": ("banner", Say(b"220 mx.example.test\r\n", drip=0.05)),
        "ehlo_lines": ("ehlo", Say(b"250-EXTENSION\r\n" * behave.get("ehlo_lines", 0))),
        "mail_bytes": ("mail", Say(b"250 " + b"x" * behave.get("mail_bytes", 0) + b"\r\n")),
        "rst_after": ("quit", Say(b"", end="reset")),
    }
    says |= dict(special[key] for key in behave if key in special)
    if behave.get("starttls") == "inject":
        says["starttls"] = Say(b"220 ready\r\n250 evil\r\n")
    return lambda turn: says.get(turn.verb.lower())


def features_of(behave: dict[str, Any]) -> tuple[bytes, ...]:
    missing = {
        b"SMTPUTF8": behave.get("smtputf8") is False,
        b"8BITMIME": behave.get("eightbit") is False,
        b"PIPELINING": behave.get("pipelining") is False,
    }
    offered = tuple(feature for feature in FEATURES if not missing.get(feature))
    return (*offered, b"SIZE %d" % behave["size"]) if "size" in behave else offered


def state_of(outcome: Outcome) -> str:
    """The catalogue's word for the recipient's state."""
    if outcome.kind is Kind.IN_DOUBT:
        return "ambiguous"
    verdict = verdict_of(outcome)
    if verdict is None:
        return "sent"
    return "deferred" if verdict.disposition is Disposition.RETRY else verdict.final.value


async def outcome_of(case: Case, tls: ssl.SSLContext | None) -> Outcome:
    behave = case["input"]["behave"]
    values: dict[str, Any] = {}
    if behave.get("smtputf8") is False:
        values = {"rcpt": "太郎@example.test", "smtputf8": True}
    if "size" in behave:
        values = {"body": b"x" * 2 * behave["size"] + b"\r\n"}
    async with ScriptedServer(script_of(behave), features=features_of(behave), tls=tls) as server:
        try:
            session = await connect(server.port, QUICK)
        except SessionFailed as failed:
            return failed.outcome
        outcome = await send(session, "token1", **values)
        await session.quit()
        return outcome


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_each_behaviour_leads_to_its_state(case: Case, tmp_path: Path) -> None:
    kind = case["input"]["behave"].get("starttls")
    tls = server_context(tmp_path, expired=kind == "expired") if kind else None
    outcome = run(outcome_of(case, tls))
    assert state_of(outcome) == case["expect"], outcome
    shown = "" if outcome.reply is None else str(outcome.reply)
    assert shown.isprintable()
    assert len(shown) <= 1024


def test_the_dot_is_awaited_as_long_as_the_standard_asks() -> None:
    assert Timeouts().dot >= 600
