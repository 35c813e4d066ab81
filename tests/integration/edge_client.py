"""Speaks ASGI to the edge in this process: real database, no socket."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from relay_saas.mail.tokens import TokenKeys
from tracking.edge.answers import Edge

BROWSER = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15"


def keys() -> TokenKeys:
    """The installation's token keys."""
    return TokenKeys(keys=settings.RELAY_TOKEN_KEYS, current=next(iter(settings.RELAY_TOKEN_KEYS)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes


class EdgeClient:
    """One running edge."""

    def __init__(self, edge: Edge) -> None:
        self.edge = edge

    async def send(
        self,
        method: str,
        host: str,
        path: str,
        *,
        body: bytes = b"",
        agent: str = BROWSER,
        language: str = "en",
    ) -> Response:
        """One request; `path` may carry a query."""
        path, _, query = path.partition("?")
        said: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: dict[str, Any]) -> None:
            said.append(message)

        headers = [(b"host", f"{host}:8001".encode()), (b"user-agent", agent.encode())]
        headers.append((b"accept-language", language.encode()))
        scope = {"type": "http", "method": method, "path": path, "query_string": query.encode()}
        await self.edge(scope | {"headers": headers, "client": ("203.0.113.9", 4000)}, receive, send)
        names = {name.decode(): value.decode() for name, value in said[0]["headers"]}
        return Response(status=said[0]["status"], headers=names, body=said[1]["body"])


@asynccontextmanager
async def running_edge() -> AsyncIterator[EdgeClient]:
    """An edge from its start-up to its shutdown, which writes all that it still holds."""
    edge = Edge(settings.DATABASE_URL, keys())
    events: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    said: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    life = asyncio.create_task(edge({"type": "lifespan"}, events.get, said.put))
    await events.put({"type": "lifespan.startup"})
    assert (await said.get())["type"] == "lifespan.startup.complete"
    yield EdgeClient(edge)
    await events.put({"type": "lifespan.shutdown"})
    assert (await said.get())["type"] == "lifespan.shutdown.complete"
    await life
