"""Turns events of the feed into calls of an endpoint, behind the last one that it has."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection

from accounts.models.tenant import new_id
from relay_saas.mail.ids import format_id
from tracking.courier.endpoint import Call, EndpointRow
from tracking.courier.sql import HOLD_ENDPOINT, HOLD_REPLAY, INSERT_CALLS, MOVE_ENDPOINT, MOVE_REPLAY
from tracking.models import WebhookCall, WebhookEndpoint
from tracking.selectors.event_document import event_document
from tracking.selectors.event_feed import END_SQL, WINDOW, FeedRow
from tracking.selectors.postmark_document import postmark_document


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A call that is not written yet."""

    id: UUID
    webhook_id: str
    types: tuple[str, ...]
    first: int
    message_id: UUID | None
    body: str
    n: int = 1


async def fill_events(
    connection: AsyncConnection, row: EndpointRow, *, most: int, lease: timedelta
) -> list[Call]:
    """New events as calls that the caller makes at once; none while another run reads the feed for it."""
    names = {"tenant": row.tenant_id, "endpoint": row.id}
    async with connection.transaction():
        held = await (await connection.execute(HOLD_ENDPOINT, names)).fetchone()
        if held is None:
            return []
        drafts, position = await _read(connection, row, held[0], None, most)
        if position > held[0]:
            await connection.execute(MOVE_ENDPOINT, names | {"position": position})
        return await _write(connection, row, drafts, WebhookCall.Origin.EVENT, lease)


async def fill_replay(
    connection: AsyncConnection, row: EndpointRow, *, most: int, lease: timedelta
) -> list[Call]:
    """The same for the events that a person wants to be told once more."""
    names = {"tenant": row.tenant_id, "replay": row.replay_id}
    async with connection.transaction():
        held = await (await connection.execute(HOLD_REPLAY, names)).fetchone()
        if held is None:
            return []
        drafts, position = await _read(connection, row, held[0], held[1], most)
        # Where nothing more can be read the rest of the stretch is gone.
        position = held[1] if position == held[0] else position
        await connection.execute(MOVE_REPLAY, names | {"position": position, "calls": len(drafts)})
        return await _write(connection, row, drafts, WebhookCall.Origin.REPLAY, lease)


async def _read(
    connection: AsyncConnection, row: EndpointRow, after: int, last: int | None, most: int
) -> tuple[list[Draft], int]:
    """Calls for at most `most` events behind `after`, and how far that is."""
    values: dict[str, Any] = {"tenant": row.tenant_id, "after": after, "window": WINDOW, "most": most}
    values |= row.chosen.parameters()
    found = await (await connection.execute(END_SQL, values)).fetchone()
    end = int(found[0]) if found is not None else after
    end = end if last is None else min(end, last)
    if end <= after:
        return [], after
    cursor = await connection.execute(row.chosen.sql, values | {"end": end})
    rows = [row.chosen.row(one) for one in await cursor.fetchall()]
    position = rows[-1].number if len(rows) == most else end
    return list(drafts_of(row.format, row.batch, rows)), position


def drafts_of(shape: str, batch: int, rows: Sequence[FeedRow]) -> Iterator[Draft]:
    """The bodies of calls that tell these events."""
    if shape == WebhookEndpoint.Format.POSTMARK:
        for row in rows:
            document = postmark_document(row)
            if document is not None:
                told = event_document(row)
                yield _draft(told["id"], [told], [row], document)
        return
    told_all = [(row, event_document(row)) for row in rows]
    if batch <= 1:
        for row, told in told_all:
            yield _draft(told["id"], [told], [row], told)
        return
    for at in range(0, len(told_all), batch):
        part = told_all[at : at + batch]
        events = [told for _, told in part]
        body = {"type": "batch", "timestamp": events[-1]["timestamp"], "data": {"events": events}}
        yield _draft(format_id("whb", new_id()), events, [row for row, _ in part], body)


def text_of(document: dict[str, Any]) -> str:
    """The body as it goes on the wire; PostgreSQL and signatures see the same text."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).replace("\\u0000", "")


def _draft(
    webhook_id: str, events: Sequence[dict[str, Any]], rows: Sequence[FeedRow], body: dict[str, Any]
) -> Draft:
    types = dict.fromkeys(str(event["type"]) for event in events)
    return Draft(
        id=new_id(),
        webhook_id=webhook_id,
        types=tuple(types),
        first=rows[0].number,
        message_id=rows[0].message_id if len(rows) == 1 else None,
        body=text_of(body),
        n=len(rows),
    )


async def _write(
    connection: AsyncConnection, row: EndpointRow, drafts: Sequence[Draft], origin: str, lease: timedelta
) -> list[Call]:
    if not drafts:
        return []
    values = {
        "tenant": row.tenant_id,
        "endpoint": row.id,
        "origin": origin,
        "lease": lease,
        "ids": [draft.id for draft in drafts],
        "webhook_ids": [draft.webhook_id for draft in drafts],
        "types": [",".join(draft.types) for draft in drafts],
        "ns": [draft.n for draft in drafts],
        "firsts": [draft.first for draft in drafts],
        "messages": [draft.message_id for draft in drafts],
        "bodies": [draft.body for draft in drafts],
    }
    await connection.execute(INSERT_CALLS, values)
    return [
        Call(
            tenant_id=row.tenant_id,
            id=draft.id,
            endpoint_id=row.id,
            webhook_id=draft.webhook_id,
            body=draft.body,
        )
        for draft in drafts
    ]
