"""What the export of an organization holds: a file for each table, and how its rows are read in pieces."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext_lazy as _

from accounts.tenancy import tenant_scope
from delivery.models import AttemptState
from delivery.models.stream import Stream
from relay_saas.mail.ids import format_id
from relay_saas.web.problems import Text

BATCH: Final = 5_000

Shape = Callable[[Any], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One file. `columns` are its columns and the SQL of each; the first `keys` of them order the rows.

    An index on (tenant, keys) leads every piece to its place: the millionth row costs what the first did.
    """

    name: str
    label: Text
    source: str
    columns: Mapping[str, str]
    tenant: str
    keys: int = 1
    shapes: Mapping[str, Shape] = field(default_factory=dict)

    def count(self, tenant_id: UUID) -> int:
        """How many rows there are now."""
        with tenant_scope(tenant_id), connection.cursor() as cursor:
            cursor.execute(f"select count(*) from {self.source} where {self.tenant} = %s", [tenant_id])  # noqa: S608 - names of this module
            return int(cursor.fetchone()[0])

    def rows(self, tenant_id: UUID) -> Iterator[list[object]]:
        """All rows as cells, in pieces that each have a scope of their own: no transaction stays open."""
        last: tuple[Any, ...] = ()
        while True:
            with tenant_scope(tenant_id), connection.cursor() as cursor:
                cursor.execute(self._sql(first=not last), [tenant_id, *last, BATCH])
                found = cursor.fetchall()
            yield from (self._cells(row) for row in found)
            if len(found) < BATCH:
                return
            last = found[-1][: self.keys]

    def _sql(self, *, first: bool) -> str:
        keys = ", ".join(list(self.columns.values())[: self.keys])
        beyond = "" if first else f"and ({keys}) > ({', '.join(['%s'] * self.keys)})"
        return (
            f"select {', '.join(self.columns.values())} from {self.source} "  # noqa: S608 - names of this module
            f"where {self.tenant} = %s {beyond} order by {keys} limit %s"
        )

    def _cells(self, row: tuple[Any, ...]) -> list[object]:
        return [
            self.shapes[name](value) if name in self.shapes and value is not None else value
            for name, value in zip(self.columns, row, strict=True)
        ]


def _message(value: UUID) -> str:
    return format_id("msg", value)


PARTS: Final = (
    Part(
        name="lists",
        label=_("Lists"),
        source="campaigns_contactlist l",
        tenant="l.tenant_id",
        columns={"list_id": "l.id", "name": "l.name", "created_at": "l.created_at"},
    ),
    Part(
        name="contacts",
        label=_("Contacts"),
        source="campaigns_contact c",
        tenant="c.tenant_id",
        columns={
            "contact_id": "c.id",
            "email": "c.email",
            "fields": "c.attrs::text",
            "created_at": "c.created_at",
            "updated_at": "c.updated_at",
        },
    ),
    Part(
        name="subscriptions",
        label=_("Subscriptions"),
        source="campaigns_subscription s "
        "join campaigns_contact c on c.id = s.contact_id and c.tenant_id = s.tenant_id",
        tenant="s.tenant_id",
        keys=2,
        columns={
            "list_id": "s.mailing_list_id",
            "contact_id": "s.contact_id",
            "email": "c.email",
            "state": "s.state",
            "source": "s.source",
            "changed_at": "s.changed_at",
        },
    ),
    Part(
        name="suppressions",
        label=_("Suppressions"),
        source="campaigns_suppression s",
        tenant="s.tenant_id",
        keys=2,
        columns={
            "email": "s.email_key",
            "scope": "s.scope",
            "reason": "s.reason",
            "detail": "s.detail",
            "message_id": "s.message_id",
            "created_at": "s.created_at",
        },
        shapes={"message_id": _message},
    ),
    Part(
        name="campaigns",
        label=_("Campaigns"),
        source="campaigns_campaign c",
        tenant="c.tenant_id",
        columns={
            "campaign_id": "c.id",
            "name": "c.name",
            "state": "c.state",
            "list_id": "c.mailing_list_id",
            "from_name": "c.from_name",
            "from_address": "c.from_address",
            "reply_to": "c.reply_to",
            "subject": "c.subject",
            "preheader": "c.preheader",
            "markup": "c.markup",
            "html_source": "c.html_source",
            "text_source": "c.text_source",
            "audience": "c.audience",
            "launched_at": "c.launched_at",
            "finished_at": "c.finished_at",
            "created_at": "c.created_at",
        },
    ),
    Part(
        name="messages",
        label=_("Messages and their recipients"),
        source="delivery_message m",
        tenant="m.tenant_id",
        columns={
            "message_id": "m.id",
            "stream": "m.stream",
            "campaign_id": "m.campaign_id",
            "contact_id": "m.contact_id",
            "submission_id": "m.submission_id",
            "recipient": "m.rcpt",
            "created_at": "m.created_at",
        },
        shapes={
            "message_id": _message,
            "submission_id": lambda value: format_id("em", value),
            "stream": lambda value: Stream(value).name.lower(),
        },
    ),
    Part(
        name="attempts",
        label=_("Attempts"),
        source="delivery_attempt a "
        "left join delivery_reply r on r.id = a.reply_id and r.tenant_id = a.tenant_id",
        tenant="a.tenant_id",
        keys=2,
        columns={
            "message_id": "a.message_id",
            "number": "a.number",
            "campaign_id": "a.campaign_id",
            "state": "a.state",
            "category": "a.category",
            "code": "a.code",
            "enhanced": "a.enhanced",
            "stage": "a.stage",
            "host": "a.host",
            "reply": "r.text",
            "at": "a.at",
            "next_attempt_at": "a.next_attempt_at",
        },
        shapes={"message_id": _message, "state": lambda value: AttemptState(value).name.lower()},
    ),
    Part(
        name="engagements",
        label=_("Opens, clicks and opt-outs"),
        source="tracking_engagement e",
        tenant="e.tenant_id",
        keys=2,
        columns={
            "message_id": "e.message_id",
            "engagement_id": "e.id",
            "kind": "e.kind",
            "campaign_id": "e.campaign_id",
            "link": "e.link_index",
            "by_machine": "e.machine",
            "address": "e.address",
            "user_agent": "e.user_agent",
            "at": "e.at",
        },
        shapes={"message_id": _message},
    ),
)
