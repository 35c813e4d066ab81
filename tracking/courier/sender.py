"""Makes one call, over a connection that may have carried others to the same endpoint."""

import base64
import time
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from random import Random
from typing import Final

from relay_saas.net.connector import Connection, Connector
from relay_saas.net.exceptions import BadUrl, CallFailed
from relay_saas.net.http_client import Answer, Limits, post, request_bytes
from relay_saas.net.signature import signed_headers
from relay_saas.net.target import Guard, Target
from relay_saas.vault import SealBroken
from tracking.courier.endpoint import Call, EndpointRow, Made
from tracking.courier.plan import decide, retry_after

USER_AGENT: Final = "relay-webhooks/1"
#: Of an answer's body, what is kept.
KEPT_OCTETS: Final = 16 * 1024
KEPT_HEADERS: Final = 8 * 1024
#: Codes of CallFailed that mean that a kept connection had ended before it was used.
_STALE: Final = frozenset({"closed"})


@dataclass(slots=True, kw_only=True)
class Wire:
    """What calls of one endpoint share."""

    row: EndpointRow
    connector: Connector
    guard: Guard
    limits: Limits
    connect_seconds: float
    random: Random = field(default_factory=Random)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tried:
    answer: Answer
    connection: Connection


async def make(wire: Wire, call: Call, kept: Connection | None) -> tuple[Made, Connection | None]:
    """The call as it went, and the connection where it may carry another; never raises."""
    at, began = datetime.now(UTC), time.monotonic()
    made = Made(call=call, at=at, milliseconds=0)
    connection: Connection | None = None
    try:
        target = wire.row.target(wire.guard)
        headers = _headers(wire.row, call, at)
        made = replace(made, request_headers=_shown(target, headers))
        request = request_bytes(target, headers, call.body.encode())
        tried = await _try(wire, target, request, kept)
        connection = tried.connection if tried.answer.reusable else None
        made = _with_answer(replace(made, address=tried.connection.address), tried.answer)
    except (CallFailed, BadUrl) as error:
        made = replace(made, error=error.code, detail=_clean(str(error.message)))
    except (SealBroken, ValueError, OSError) as error:
        made = replace(made, error="not_made", detail=type(error).__name__)
    took = round((time.monotonic() - began) * 1000)
    return _decided(replace(made, milliseconds=took), wire.random), connection


async def _try(wire: Wire, target: Target, request: bytes, kept: Connection | None) -> _Tried:
    if kept is not None and kept.usable:
        try:
            return _Tried(answer=await post(kept, request, wire.limits), connection=kept)
        except CallFailed as error:
            # The server may have closed it meanwhile; the receiver knows a second copy by its id.
            if error.code not in _STALE:
                raise
    connection = await wire.connector.open(target, seconds=wire.connect_seconds)
    return _Tried(answer=await post(connection, request, wire.limits), connection=connection)


def _headers(row: EndpointRow, call: Call, at: datetime) -> list[tuple[str, str]]:
    headers = [
        ("Content-Type", "application/json"),
        ("User-Agent", USER_AGENT),
        ("Accept-Encoding", "identity"),
    ]
    headers += signed_headers(
        row.keys(at), webhook_id=call.webhook_id, timestamp=int(at.timestamp()), body=call.body.encode()
    )
    userinfo = row.userinfo()
    if userinfo:
        headers.append(("Authorization", f"Basic {base64.b64encode(userinfo.encode()).decode()}"))
    return headers


def _shown(target: Target, headers: list[tuple[str, str]]) -> str:
    """The request's head as people see it, without the password."""
    lines = [f"POST {target.path} HTTP/1.1", f"Host: {target.authority}"]
    lines += [f"{name}: {'***' if name == 'Authorization' else value}" for name, value in headers]
    return "\n".join(lines)


def _with_answer(made: Made, answer: Answer) -> Made:
    headers = "\n".join(f"{name}: {value}" for name, value in answer.headers)
    return replace(
        made,
        status=answer.status,
        response_headers=_clean(headers[:KEPT_HEADERS]),
        response_body=_clean(answer.body[:KEPT_OCTETS].decode("utf-8", "replace")),
        response_cut=not answer.whole or len(answer.body) > KEPT_OCTETS,
    )


def _decided(made: Made, random: Random) -> Made:
    asked = next(
        (
            line.partition(":")[2].strip()
            for line in made.response_headers.splitlines()
            if line.startswith("retry-after:")
        ),
        None,
    )
    decision = decide(
        attempt=made.call.attempts + 1,
        status=made.status,
        retry_after=retry_after(asked, made.at),
        random=random,
    )
    next_at = datetime.now(UTC) + decision.wait if decision.wait is not None else None
    return replace(made, verdict=decision.verdict.value, next_at=next_at, gone=decision.gone)


def _clean(text: str) -> str:
    """PostgreSQL knows no NUL."""
    return text.replace("\0", "�")
