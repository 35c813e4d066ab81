"""Reads the feed: a tenant's events behind a number, with all that their documents say.

The statements name the tenant themselves, for the application in its scope and queue runs alike.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from tracking.selectors.event_words import QUEUED, Source, codes_of, facts_of

#: Batches that one look reads at most, and so how far a filter that matches nothing moves on.
WINDOW: Final = 300
#: Most events of a batch (the table's check): how far before a number its batch may begin.
_LONGEST: Final = 90

#: How far one look goes, and whether anything lies behind it.
END_SQL: Final = """
select coalesce(max(upto), %(after)s) from (
  select first + n - 1 as upto from tracking_eventbatch
  where tenant_id = %(tenant)s and first > %(after)s - 90 and first + n - 1 > %(after)s
    and (%(messages)s::uuid[] is null or message_ids && %(messages)s::uuid[])
  order by first limit %(window)s) w
"""
LAST_SQL: Final = "select coalesce(max(last), 0) from tracking_eventfeed where tenant_id = %(tenant)s"
#: The number of the last event noted before an instant.
BEFORE_SQL: Final = """
select coalesce(max(first + n - 1), 0) from tracking_eventbatch
where tenant_id = %(tenant)s and first is not null and at < %(at)s
"""

#: Each table is asked by its whole key, row by row (`offset 0`): the planner does not know how few these are.
EVENTS_SQL: Final = """
with chosen as materialized (
  select b.source, b.at, b.detail, b.first + e.place - 1 as number, e.message_id, e.key,
    coalesce(e.word, 0) as word
  from tracking_eventbatch b
  cross join lateral unnest(b.message_ids, b.keys, b.words) with ordinality e(message_id, key, word, place)
  where b.tenant_id = %(tenant)s and b.first > %(after)s - 90 and b.first <= %(end)s and b.source <> 5
    and b.first + e.place - 1 > %(after)s and b.first + e.place - 1 <= %(end)s
    and (%(messages)s::uuid[] is null or e.message_id = any(%(messages)s::uuid[]))
    and (%(codes)s::int[] is null or b.source = 4
      or b.source * 1000 + case b.source when 1 then e.word & 15 when 2 then e.word >> 1 else 0 end
        = any(%(codes)s::int[]))
    and (%(facts)s::text[] is null or b.source <> 4 or b.detail ->> 'type' = any(%(facts)s::text[]))
), told as (
  select v.source, v.at as noted_at, v.detail, v.number, v.message_id, v.key, v.word, m.rcpt, m.stream,
    m.campaign_id, m.contact_id, m.submission_id, m.created_at, coalesce(s.tags, c.tags, '{}') as tags,
    s.metadata
  from chosen v
  left join lateral (select * from delivery_message m
    where m.tenant_id = %(tenant)s and m.id = v.message_id offset 0) m on true
  left join lateral (select s.tags, s.metadata from delivery_submission s
    where s.tenant_id = %(tenant)s and s.id = m.submission_id offset 0) s on true
  left join lateral (select c.tags from campaigns_campaign c
    where c.tenant_id = %(tenant)s and c.id = m.campaign_id offset 0) c on true
  where (v.source = 4 or m.id is not null)
    and not (v.source = 3 and exists (select from delivery_attempt a where a.tenant_id = %(tenant)s
      and a.message_id = v.message_id and a.number = 1 and a.state = 5 and a.at = m.created_at))
    and (%(streams)s::int[] is null or v.source = 4 or m.stream = any(%(streams)s::int[]))
    and (%(tags)s::text[] is null or v.source = 4 or coalesce(s.tags, c.tags, '{}') && %(tags)s::text[])
    and (%(campaign)s::bigint is null or m.campaign_id = %(campaign)s::bigint)
  order by v.number limit %(most)s
)
select t.source, t.noted_at, t.detail, t.number, t.message_id, t.key, t.word, t.rcpt, t.stream,
  t.campaign_id, t.contact_id, t.submission_id, t.created_at, t.tags, t.metadata, a.number as attempt,
  a.state, a.category, a.code, a.enhanced, a.stage, a.host, a.at as attempted_at, a.next_attempt_at,
  r.text as reply, g.kind, g.link_index, g.machine, g.reason, g.user_agent, g.address, g.at as engaged_at,
  l.target as url
from told t
left join lateral (select * from delivery_attempt a where t.source = 1 and a.tenant_id = %(tenant)s
  and a.message_id = t.message_id and a.number = t.word >> 4 offset 0) a on true
left join lateral (select r.text from delivery_reply r where r.tenant_id = %(tenant)s and r.id = a.reply_id
  offset 0) r on true
left join lateral (select * from tracking_engagement g where t.source = 2 and g.tenant_id = %(tenant)s
  and g.message_id = t.message_id and g.id = t.key offset 0) g on true
left join lateral (select l.target from campaigns_link l join delivery_message m on m.tenant_id = l.tenant_id
  and m.content_id = l.content_id where l.tenant_id = %(tenant)s and m.id = t.message_id
  and l.index = g.link_index offset 0) l on true
order by t.number
"""


#: Of test keys' mail alone, whose notes hold everything: the ledger knows nothing of it.
TESTS_SQL: Final = """
select b.first as number, b.at, b.detail, b.keys[1] as key, b.words[1] as word from tracking_eventbatch b
where b.tenant_id = %(tenant)s and b.source = 5 and b.first > %(after)s and b.first <= %(end)s
  and (%(messages)s::uuid[] is null or b.message_ids && %(messages)s::uuid[])
  and (%(types)s::text[] is null or b.detail ->> 'type' = any(%(types)s::text[]))
  and (%(streams)s::int[] is null or (b.detail ->> 'stream')::int = any(%(streams)s::int[]))
  and (%(tags)s::text[] is null or b.detail -> 'tags' ?| %(tags)s::text[]) and %(campaign)s::bigint is null
order by b.first limit %(most)s
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedFilter:
    """What is wanted; an empty part wants everything. Facts have no stream and no tags.

    Real events or those of test keys' mail, never both.
    """

    types: Sequence[str] = ()
    streams: Sequence[int] = ()
    tags: Sequence[str] = ()
    messages: Sequence[UUID] | None = None
    campaign_id: int | None = None
    test: bool = False

    @property
    def sql(self) -> str:
        """The statement that reads the events."""
        return TESTS_SQL if self.test else EVENTS_SQL

    def row(self, values: Sequence[Any]) -> "FeedRow":
        """A row of that statement."""
        return test_row(values) if self.test else feed_row(values)

    def parameters(self) -> dict[str, Any]:
        """Those of EVENTS_SQL and END_SQL."""
        about_mail = self.messages is not None or self.campaign_id is not None
        return {
            "types": list(self.types) or None,
            "codes": codes_of(self.types) if self.types else None,
            "facts": [] if about_mail else facts_of(self.types) if self.types else None,
            "streams": list(self.streams) or None,
            "tags": list(self.tags) or None,
            "messages": list(self.messages) if self.messages is not None else None,
            "campaign": self.campaign_id,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedRow:
    """One event with all that its document may say; the columns of EVENTS_SQL, in their order."""

    source: int
    noted_at: datetime
    detail: dict[str, Any] | None = None
    number: int
    message_id: UUID | None = None
    key: UUID | None = None
    word: int = 0
    rcpt: str | None = None
    stream: int | None = None
    campaign_id: int | None = None
    contact_id: int | None = None
    submission_id: UUID | None = None
    created_at: datetime | None = None
    tags: list[str] = field(default_factory=list)
    metadata: dict[str, Any] | None = None
    attempt: int | None = None
    state: int | None = None
    category: str | None = None
    code: int | None = None
    enhanced: str | None = None
    stage: str | None = None
    host: str | None = None
    attempted_at: datetime | None = None
    next_attempt_at: datetime | None = None
    reply: str | None = None
    kind: str | None = None
    link_index: int | None = None
    machine: bool | None = None
    reason: str | None = None
    user_agent: str | None = None
    address: str | None = None
    engaged_at: datetime | None = None
    url: str | None = None
    #: Of a test key's mail: it was never sent.
    test: bool = False


_COLUMNS: Final = tuple(column.name for column in fields(FeedRow) if column.name != "test")


def feed_row(values: Sequence[Any]) -> FeedRow:
    """A row of EVENTS_SQL; JSON may come as text, as Django's connections give it."""
    row = dict(zip(_COLUMNS, values, strict=True))
    for name in ("detail", "metadata"):
        if isinstance(row[name], str):
            row[name] = json.loads(row[name])
    return FeedRow(**row)


def test_row(values: Sequence[Any]) -> FeedRow:
    """A row of TESTS_SQL, in the columns of a real one."""
    number, at, said, key, word = values
    told: dict[str, Any] = json.loads(said) if isinstance(said, str) else said
    attempted, queued = bool(word), told["type"] == QUEUED
    source = Source.ATTEMPTS if attempted else Source.ACCEPTED if queued else Source.ENGAGEMENTS
    return FeedRow(
        test=True,
        source=source,
        noted_at=at,
        number=number,
        message_id=UUID(told["message"]),
        key=key,
        word=word,
        rcpt=told["to"],
        stream=told["stream"],
        submission_id=UUID(told["email"]),
        created_at=datetime.fromisoformat(told["accepted_at"]),
        tags=told["tags"],
        metadata=told["metadata"],
        attempt=told["attempt"] or None,
        state=told["state"] or None,
        category=told.get("category"),
        code=told.get("code"),
        enhanced=told.get("enhanced"),
        reply=told.get("reply") or None,
        attempted_at=at if attempted else None,
        kind=told["type"] if source == Source.ENGAGEMENTS else None,
        machine=False,
        engaged_at=at if source == Source.ENGAGEMENTS else None,
    )
