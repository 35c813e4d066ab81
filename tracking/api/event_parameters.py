"""What `GET /events` reads from its URL."""

from typing import Final
from uuid import UUID

from django.http import QueryDict

from delivery.models.stream import Stream
from relay_saas.mail.ids import parse_id
from relay_saas.web.api_query import bad_value, read_address
from relay_saas.web.paging import BadCursor, Cursor, decode, encode
from relay_saas.web.prefixed import read_id
from tracking.selectors.event_feed import FeedFilter
from tracking.selectors.event_messages import SENT, TESTED, Messages

MAX_EVENTS: Final = 1000
#: Values that one filter may hold.
MAX_VALUES: Final = 50
LATEST: Final = "latest"
STREAMS: Final = {stream.name.lower(): stream.value for stream in Stream}


def cursor_of(number: int) -> str:
    """The place behind an event, as text that nobody need understand."""
    return encode(Cursor(way="next", key=(number,)))


def number_of(text: str) -> int:
    """The number in a cursor; raises BadCursor."""
    try:
        number = decode(text, columns=1).key[0]
    except BadCursor as error:
        raise BadCursor(status=422) from error
    if not isinstance(number, int) or not 0 <= number < 1 << 62:
        raise BadCursor(status=422)
    return number


def filter_of(query: QueryDict, tenant_id: UUID, *, test: bool) -> FeedFilter:
    """The filters of a query that is as it is described, of a live or a test key; raises BadParameter."""
    return FeedFilter(
        types=_values(query, "type"),
        streams=[STREAMS[word] for word in _values(query, "stream")],
        tags=_values(query, "tag"),
        messages=_messages(query, tenant_id, TESTED if test else SENT),
        campaign_id=read_id(query, "campaign", "cmp"),
        test=test,
    )


def _values(query: QueryDict, name: str) -> list[str]:
    values = [value.strip() for value in query.get(name, "").split(",")] if name in query else []
    if not all(values):
        # Nothing in place of a value would choose everything.
        raise bad_value(name)
    return values


def _messages(query: QueryDict, tenant_id: UUID, known: Messages) -> list[UUID] | None:
    """Those that `message`, `email` and `to` name; all of them must."""
    found: list[set[UUID]] = []
    if "message" in query:
        found.append({parse_id("msg", str(query["message"]))})
    if "email" in query:
        email = parse_id("em", str(query["email"]))
        found.append(set(known.of(tenant_id=tenant_id, submission_id=email)))
    if (recipient := read_address(query, "to")) is not None:
        found.append(set(known.to(tenant_id=tenant_id, rcpt_key=recipient.key)))
    return list(set.intersection(*found)) if found else None
