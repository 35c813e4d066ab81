"""Attempts with all that belongs to them, as one row: message, route, source, the server's words."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import connection

from accounts.tenancy import reading_scope
from delivery.models import AttemptState
from relay_saas.mail.replies import Stage

_SELECT: Final = """
select a.message_id, a.number, a.campaign_id, a.state, a.category, a.code, a.enhanced, a.stage, a.rule,
  coalesce(r.text, '') as reply, a.host, p.name as provider, a.tls,
  coalesce(host(n.address), '') as peer_address, n.port as peer_port,
  coalesce(n.tls_version, '') as tls_version, coalesce(n.tls_cipher, '') as tls_cipher, a.size,
  a.timings, a.at, a.dated_at, a.next_attempt_at, a.run_id, m.rcpt, m.stream, m.submission_id, m.created_at,
  coalesce(d.name, '') as domain, coalesce(s.key, '') as site,
  coalesce(host(e.address), '') as source_address, coalesce(e.helo, '') as helo,
  coalesce(o.name, '') as pool, coalesce(w.name, '') as sending_domain
from delivery_attempt a
join delivery_message m on m.tenant_id = a.tenant_id and m.id = a.message_id
left join campaigns_content c on c.tenant_id = m.tenant_id and c.id = m.content_id
left join accounts_sendingdomain w on w.tenant_id = c.tenant_id and w.id = c.sending_domain_id
left join delivery_reply r on r.tenant_id = a.tenant_id and r.id = a.reply_id
left join delivery_domain d on d.id = m.domain_id
left join delivery_site s on s.id = d.site_id
left join delivery_provider p on p.id = a.provider_id
left join delivery_endpoint n on n.id = a.endpoint_id
left join delivery_egresssource e on e.id = a.source_id
left join delivery_egresspool o on o.id = e.pool_id
"""
_OF_MESSAGE: Final = (
    _SELECT + "where a.tenant_id = %(tenant)s and a.message_id = %(message)s order by a.number"
)
_WINDOW: Final = (
    _SELECT
    + """where a.tenant_id = %(tenant)s and a.at >= %(start)s and a.at < %(end)s
  and (a.at, a.message_id, a.number) > (%(start)s, %(message)s::uuid, %(number)s)
order by a.at, a.message_id, a.number limit %(size)s"""
)

#: What a session goes through before its first message, and what every message goes through.
_OPENING: Final = (Stage.CONNECT, Stage.BANNER, Stage.EHLO, Stage.TLS, "ehlo_tls")
_MESSAGE: Final = (Stage.MAIL, Stage.RCPT, Stage.DATA, Stage.DOT)

#: Below every id: with it a window begins at its first row.
_NOTHING: Final = UUID(int=0)
_FIRST, _SHORTEST, _LONGEST = timedelta(minutes=1), timedelta(seconds=1), timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptRow:
    """One attempt; texts are "" where there is nothing to say."""

    message_id: UUID
    number: int
    campaign_id: int | None
    state: AttemptState
    category: str
    code: int | None
    enhanced: str
    stage: str
    rule: str
    reply: str
    host: str
    provider: str
    tls: bool | None
    peer_address: str
    peer_port: int | None
    tls_version: str
    tls_cipher: str
    size: int | None
    timings: tuple[int, ...]
    at: datetime
    dated_at: datetime | None
    next_attempt_at: datetime | None
    run_id: UUID | None
    rcpt: str
    stream: int
    submission_id: UUID | None
    created_at: datetime
    domain: str
    site: str
    source_address: str
    helo: str
    pool: str
    sending_domain: str

    @property
    def phases(self) -> dict[str, int]:
        """Milliseconds that each step was waited for."""
        opening = self.stage in {str(stage) for stage in _OPENING}
        names = _OPENING if opening else _MESSAGE
        return {str(name): milliseconds for name, milliseconds in zip(names, self.timings, strict=False)}

    @property
    def in_doubt(self) -> bool:
        """The last byte was written and the answer was lost."""
        return self.state in {AttemptState.IN_DOUBT, AttemptState.DOUBTED}


def attempts_of(*, tenant_id: UUID, message_id: UUID) -> list[AttemptRow]:
    """All attempts of one message, first to last."""
    with reading_scope(tenant_id):
        return _rows(_OF_MESSAGE, {"tenant": tenant_id, "message": message_id})


def attempts_between(
    *, tenant_id: UUID, start: datetime, end: datetime, size: int = 1000
) -> Iterator[list[AttemptRow]]:
    """Pages of the attempts with `start <= at < end`, in the order of time, each read in its own transaction.

    A page costs what it holds: the window it is searched in grows while little is found and shrinks while
    much is.
    """
    message, number, width = _NOTHING, 0, _FIRST
    while start < end:
        until = min(start + width, end)
        values = {"tenant": tenant_id, "start": start, "end": until, "size": size}
        with reading_scope(tenant_id):
            rows = _rows(_WINDOW, values | {"message": message, "number": number})
        if rows:
            yield rows
        if len(rows) == size:
            start, message, number = rows[-1].at, rows[-1].message_id, rows[-1].number
            width = max(width / 2, _SHORTEST)
        else:
            start, message, number = until, _NOTHING, 0
            width = min(width * 2, _LONGEST)


def _rows(sql: str, values: dict[str, Any]) -> list[AttemptRow]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        names = [column.name for column in cursor.description or ()]
        found = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    return [
        AttemptRow(
            **row
            | {
                "state": AttemptState(row["state"]),
                "timings": tuple(row["timings"]),
                "provider": row["provider"] or "",
            }
        )
        for row in found
    ]
