"""What the edge answers: GET, HEAD and OPTIONS change nothing; one POST ends it (RFC 8058)."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

from asgiref.sync import sync_to_async
from django.db import close_old_connections, connections
from psycopg_pool import AsyncConnectionPool

from campaigns.services.media_files import HEADERS, read_served
from relay_saas.mail.tokens import BadToken, Purpose, Token, TokenKeys, decode
from tracking.edge.http import (
    Answer,
    BodyTooLarge,
    Receive,
    Request,
    Scope,
    Send,
    read_form,
    read_request,
    send_answer,
)
from tracking.edge.pages import CSS, page
from tracking.edge.recorder import Recorder, Seen
from tracking.edge.targets import Targets
from tracking.exceptions import UnknownLink
from tracking.selectors.recipient import Recipient, find_recipient
from tracking.services.machine import Visit
from tracking.services.opt_out import opt_in_again, opt_out

#: The smallest transparent GIF.
PIXEL = bytes.fromhex(
    "47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b"
)
Result = TypeVar("Result")
READING = frozenset({"GET", "HEAD"})
_FIXED = {
    "/e/recipient.css": Answer(body=CSS, content_type="text/css; charset=utf-8"),
    "/healthz": Answer(body=b"ok"),
}


class Edge:
    """One application per process; owns its connections, its recorder and the targets it remembers."""

    def __init__(self, database_url: str, keys: TokenKeys) -> None:
        self._keys = keys
        self._pool = AsyncConnectionPool(database_url, min_size=1, max_size=4, open=False)
        self._recorder = Recorder(self._pool)
        self._targets = Targets(self._pool)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "http":
            request = read_request(scope)
            answer = await self._answer(request, receive)
            await send_answer(send, answer, with_body=request.method != "HEAD")

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        await self._pool.open(wait=True, timeout=30)
        flushing = asyncio.create_task(self._recorder.run())
        await send({"type": "lifespan.startup.complete"})
        await receive()
        flushing.cancel()
        await self._recorder.flush(everything=True)
        await self._pool.close()
        await sync_to_async(connections.close_all)()
        await send({"type": "lifespan.shutdown.complete"})

    async def _answer(self, request: Request, receive: Receive) -> Answer:
        fixed = _FIXED.get(request.path)
        if fixed is not None:
            return fixed if request.method in READING else _not_allowed("GET, HEAD")
        kind, _, text = request.path.removeprefix("/").partition("/")
        try:
            if kind == "u":
                return await self._unsubscribe(request, text, receive)
            if kind in {"o", "c", "m"}:
                reading = {"o": self._pixel, "c": self._click, "m": _picture}[kind]
                return (
                    await reading(request, text) if request.method in READING else _not_allowed("GET, HEAD")
                )
        except (BadToken, UnknownLink):
            return page(request, "unknown", {}, status=404)
        except BodyTooLarge:
            return Answer(status=413, body=b"too large")
        return page(request, "unknown", {}, status=404)

    def _token(self, request: Request, text: str, purpose: Purpose) -> Token:
        return decode(text, purpose, request.host, self._keys)

    async def _pixel(self, request: Request, text: str) -> Answer:
        token = self._token(request, text.removesuffix(".gif"), Purpose.OPEN)
        if request.method == "GET":
            await self._note(request, token, "opened", None)
        return Answer(body=PIXEL, content_type="image/gif")

    async def _click(self, request: Request, text: str) -> Answer:
        token = self._token(request, text, Purpose.CLICK)
        tenant_id = await self._targets.tenant(token.tenant)
        target = await self._targets.target(tenant_id, token.message, token.extra)
        if request.method == "GET":
            await self._note(request, token, "clicked", token.extra)
        return Answer(status=302, headers=(("location", target),))

    async def _note(self, request: Request, token: Token, kind: str, link_index: int | None) -> None:
        visit = Visit(user_agent=request.user_agent, at=datetime.now(UTC), link_index=link_index)
        tenant_id = await self._targets.tenant(token.tenant)
        self._recorder.add(
            Seen(
                tenant_id=tenant_id, message_id=token.message, kind=kind, visit=visit, address=request.address
            )
        )

    async def _unsubscribe(self, request: Request, text: str, receive: Receive) -> Answer:
        token = self._token(request, text, Purpose.UNSUBSCRIBE)
        if request.method not in READING | {"POST"}:
            return _not_allowed("GET, HEAD, POST")
        recipient = await in_thread(find_recipient, token)
        if request.method in READING:
            return await _page(request, recipient)
        form = await read_form(receive)
        who: dict[str, Any] = {"address": request.address, "user_agent": request.user_agent}
        if form.get("List-Unsubscribe") == "One-Click":
            await in_thread(opt_out, recipient, source="one_click", **who)
            return Answer(body=b"unsubscribed")
        if form.get("action") == "unsubscribe":
            await in_thread(opt_out, recipient, source="page", **who)
        elif form.get("action") == "undo":
            await in_thread(opt_in_again, recipient, **who)
        else:
            return Answer(status=400, body=b"nothing to do: send List-Unsubscribe=One-Click")
        return await _page(request, await in_thread(find_recipient, token), changed=True)


async def in_thread(work: Callable[..., Result], *arguments: Any, **named: Any) -> Result:
    """Runs Django's blocking part in its own thread; no request cycle here looks after its connection."""

    def guarded() -> Result:
        close_old_connections()
        return work(*arguments, **named)

    return await sync_to_async(guarded)()


async def _picture(_request: Request, path: str) -> Answer:
    """A picture of the tenant's media; no cookie, no token, the same for everybody."""
    served = await asyncio.to_thread(read_served, path)
    if served is None:
        return Answer(status=404, body=b"not found")
    kept = {"Cache-Control", "X-Content-Type-Options"}
    return Answer(
        body=served.body,
        content_type=served.content_type,
        headers=tuple((name.lower(), value) for name, value in HEADERS.items() if name not in kept),
        cache=HEADERS["Cache-Control"],
    )


async def _page(request: Request, recipient: Recipient, *, changed: bool = False) -> Answer:
    context: dict[str, object] = {"recipient": recipient, "changed": changed}
    return await in_thread(page, request, "unsubscribe", context, fallback=recipient.locale)


def _not_allowed(allowed: str) -> Answer:
    return Answer(status=405, body=b"method not allowed", headers=(("allow", allowed),))
