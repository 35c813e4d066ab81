"""Frozen contents with everything parsed and opened once: templates, sender, links, signing keys."""

import asyncio
import base64
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, Final, Protocol
from urllib.parse import quote
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import dict_row

from accounts.selectors.signing import SIGNING_KEYS_SQL, signing_key
from campaigns.selectors.merge_names import SENDER_NAMES
from relay_saas.mail.dkim import SigningKey
from relay_saas.mail.form import Form
from relay_saas.mail.headers import Field
from relay_saas.mail.merge import Template, parse_template
from relay_saas.mail.message import Attachment, further_fields
from relay_saas.mail.raw_form import RawForm

_KEPT: Final = 200
#: Octets of all contents that are kept.
_WEIGHT: Final = 64 * 1024 * 1024

_CONTENT: Final = """
select c.*, d.name as domain_name, t.name, t.legal_name, t.postal_address, t.contact_address,
  l.name as list_name, r.head as raw_head, r.body as raw_body, r.parts as raw_parts, r.null_sender,
  (select count(*) from campaigns_link k where k.tenant_id = c.tenant_id and k.content_id = c.id) as links
from campaigns_content c
join accounts_sendingdomain d on d.tenant_id = c.tenant_id and d.id = c.sending_domain_id
join accounts_tenant t on t.id = c.tenant_id
left join campaigns_contactlist l on l.tenant_id = c.tenant_id and l.id = c.mailing_list_id
left join delivery_rawmail r on r.tenant_id = c.tenant_id and r.content_id = c.id
where c.tenant_id = %s and c.id = %s
"""


class Pool(Protocol):
    """As much of psycopg's pool as is needed here."""

    def connection(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """A connection for one block."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A content as compose needs it."""

    form: Form | RawForm
    #: Number of tracked links.
    links: int
    #: Values under `sender`.
    sender: Mapping[str, str]
    #: The domain that signs; return path and tracking host are below it.
    domain: str
    keys: tuple[SigningKey, ...]
    #: List-Id and the like, for marketing mail.
    list_fields: tuple[Field, ...]
    #: Somebody else built it: its lines are not known to be ours.
    foreign: bool = False
    #: It leaves as `<>`.
    null_sender: bool = False
    #: Octets that keeping it takes, about.
    weight: int = 0


class Contents:
    """The cache of one run, least recently used first out; one look-up in flight per content."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._kept: OrderedDict[tuple[UUID, int], asyncio.Task[Prepared]] = OrderedDict()
        #: By tenant and sealed row. Mail by API has a content each; a key that has signed is quicker.
        self._opened: OrderedDict[tuple[UUID, tuple[Any, ...]], SigningKey] = OrderedDict()

    async def get(self, tenant_id: UUID, content_id: int) -> Prepared:
        """The content; raises LookupError where it is gone, MailError, SealBroken."""
        key = tenant_id, content_id
        task = self._kept.get(key)
        if task is not None and task.done() and not task.cancelled() and task.exception() is None:
            # The way of nearly every message: nothing is awaited.
            self._kept.move_to_end(key)
            return task.result()
        if task is None:
            task = self._kept[key] = asyncio.create_task(self._load(tenant_id, content_id))
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        else:
            self._kept.move_to_end(key)
        try:
            return await asyncio.shield(task)
        except BaseException:
            self._kept.pop(key, None)
            raise

    async def _load(self, tenant_id: UUID, content_id: int) -> Prepared:
        async with self._pool.connection() as connection:
            async with connection.cursor(row_factory=dict_row) as cursor:
                await cursor.execute(_CONTENT, [tenant_id, content_id])
                row = await cursor.fetchone()
            if row is None:
                raise LookupError(f"content {content_id}")
            found = await connection.execute(SIGNING_KEYS_SQL, [tenant_id, row["sending_domain_id"]])
            sealed = await found.fetchall()
        keys = tuple(self._key(tenant_id, item) for item in sealed)
        prepared = await asyncio.to_thread(prepare, row, keys)
        self._make_room(prepared.weight)
        return prepared

    def _key(self, tenant_id: UUID, sealed: tuple[Any, ...]) -> SigningKey:
        """A row of SIGNING_KEYS_SQL, opened once."""
        place = tenant_id, sealed
        if place not in self._opened:
            self._opened[place] = signing_key(tenant_id, *sealed)
            while len(self._opened) > _KEPT:
                self._opened.popitem(last=False)
        self._opened.move_to_end(place)
        return self._opened[place]

    def _make_room(self, weight: int) -> None:
        """Lets the longest unused go until what is kept, and one of this weight, is not too much."""
        done = {
            key: task.result().weight
            for key, task in self._kept.items()
            if task.done() and not task.cancelled() and task.exception() is None
        }
        total = sum(done.values()) + weight
        for key, freed in done.items():
            if total <= _WEIGHT:
                return
            del self._kept[key]
            total -= freed


def prepare(row: Mapping[str, Any], keys: Sequence[SigningKey]) -> Prepared:
    """From a row to what compose needs; raises MailError."""
    foreign = row.get("raw_head") is not None
    form = _raw_form(row) if foreign else _form(row)
    return Prepared(
        form=form,
        links=row["links"],
        sender={name: row[name] for name in SENDER_NAMES},
        domain=row["domain_name"],
        keys=tuple(keys),
        list_fields=tuple(item for item in _list_fields(row) if item.name not in form.names),
        foreign=foreign,
        null_sender=bool(row.get("null_sender")),
        weight=sum(len(piece) for piece in form.pieces if isinstance(piece, bytes)),
    )


def _form(row: Mapping[str, Any]) -> Form:
    return Form(
        from_name=row["from_name"],
        from_address=row["from_address"],
        reply_to=row["reply_to"] or None,
        subject=_part(row, "subject", html=False) or "",
        html=_part(row, "html", html=True),
        text=_part(row, "text", html=False),
        headers=tuple((name, value) for name, value in row["headers"]),
        attachments=tuple(_attachment(item) for item in row["attachments"]),
        seed=f"{row['domain_name']} {row['html']} {row['text']}",
    )


def _raw_form(row: Mapping[str, Any]) -> RawForm:
    return RawForm(
        head=bytes(row["raw_head"]),
        body=bytes(row["raw_body"]),
        parts=row["raw_parts"],
        sources={"html": _part(row, "html", html=True), "plain": _part(row, "text", html=False)},
    )


def _list_fields(row: Mapping[str, Any]) -> list[Field]:
    """What marketing mail says of its list (RFC 2369, 2919, 8058); mail without a list has its stream's."""
    domain, mailing_list = row["domain_name"], row["mailing_list_id"]
    identifier = f"<marketing.{domain}>" if mailing_list is None else f"<list-{mailing_list}.{domain}>"
    local, _, host = row["from_address"].rpartition("@")
    return further_fields(
        [
            ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
            ("List-Id", f"{row['list_name'] or ''} {identifier}".strip()),
            ("List-Help", f"<mailto:{quote(local)}@{host}?subject=help>"),
        ]
    )


def _part(row: Mapping[str, Any], name: str, *, html: bool) -> Template | str | None:
    source: str | None = row[name]
    if source is None or not row["is_template"]:
        return source
    return parse_template(source, html=html)


def _attachment(item: Mapping[str, str]) -> Attachment:
    return Attachment(
        name=item["name"],
        content_type=item["content_type"],
        content=base64.b64decode(item["content"]),
        content_id=item.get("content_id") or None,
    )
