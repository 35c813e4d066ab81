"""Forwards events of the API to a developer's own machine, signed as a webhook."""

import http.client
import json
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import SplitResult, urlencode, urlsplit

from relay_saas.net.signature import key_of, signed_headers

TIMEOUT_SECONDS: Final = 30
PAGE: Final = 100


class NotListening(Exception):
    """The API refused, or what is no address was given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Forwarded:
    """An event that was handed on, and what the developer's server said; None: nothing."""

    event: Mapping[str, Any]
    status: int | None
    problem: str = ""


class EventSource:
    """The events behind a place, by `GET /api/v1/events`; the place moves with each question."""

    def __init__(self, base: str, key: str, filters: Mapping[str, str]) -> None:
        self._parts = _parts(base)
        self._key = key
        self._filters = dict(filters)
        self._after = "latest"

    def ask(self) -> list[dict[str, Any]]:
        """What is new; raises NotListening for a refusal, OSError while nobody answers."""
        query = urlencode({**self._filters, "after": self._after, "limit": PAGE})
        headers = {"Authorization": f"Bearer {self._key}", "Accept": "application/json"}
        path = f"{self._parts.path.rstrip('/')}/api/v1/events?{query}"
        status, body = _request(self._parts, "GET", path, headers, b"")
        if status == 429 or status >= 500:
            return []
        if status != 200:
            raise NotListening(_detail(status, body))
        page = json.loads(body)
        self._after = page["next"]
        return list(page["data"])


def follow(
    source: EventSource,
    *,
    forward: str,
    secret: str,
    seconds: float = 1.0,
    pause: Callable[[float], None] = time.sleep,
) -> Iterator[Forwarded]:
    """For ever: every event as it was handed on."""
    target, key = _parts(forward), key_of(secret)
    while True:
        try:
            events = source.ask()
        except OSError:
            events = []
        for event in events:
            yield _hand_on(target, key, event)
        if not events:
            pause(seconds)


def _hand_on(target: SplitResult, key: bytes, event: Mapping[str, Any]) -> Forwarded:
    body = json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()
    headers = {"Content-Type": "application/json"} | dict(
        signed_headers([key], webhook_id=str(event["id"]), timestamp=int(time.time()), body=body)
    )
    path = f"{target.path or '/'}?{target.query}" if target.query else target.path or "/"
    try:
        status, _answer = _request(target, "POST", path, headers, body)
    except (OSError, http.client.HTTPException) as error:
        return Forwarded(event=event, status=None, problem=str(error) or type(error).__name__)
    return Forwarded(event=event, status=status)


def _parts(url: str) -> SplitResult:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise NotListening(f"{url} is no http:// or https:// address")
    return parts


def _request(
    parts: SplitResult, method: str, path: str, headers: Mapping[str, str], body: bytes
) -> tuple[int, bytes]:
    host = parts.hostname or ""
    connection: http.client.HTTPConnection
    if parts.scheme == "https":
        context = ssl.create_default_context()
        connection = http.client.HTTPSConnection(host, parts.port, timeout=TIMEOUT_SECONDS, context=context)
    else:
        connection = http.client.HTTPConnection(host, parts.port, timeout=TIMEOUT_SECONDS)
    try:
        connection.request(method, path, body=body or None, headers=dict(headers))
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def _detail(status: int, body: bytes) -> str:
    try:
        return f"{status}: {json.loads(body)['detail']}"
    except (ValueError, KeyError, TypeError):
        return f"the API answered {status}"
