"""What `GET /events` reads from its URL."""

from datetime import datetime
from typing import Final
from uuid import UUID

from django.http import QueryDict
from django.utils.dateparse import parse_datetime

from delivery.api.parameters import BadParameter, parameter_problem
from delivery.models.stream import Stream
from relay_saas.mail.addresses import BadAddress, parse_address
from relay_saas.mail.ids import BadId, parse_id
from relay_saas.web.paging import Cursor, decode, encode
from relay_saas.web.prefixed import number_or_zero
from tracking.selectors.event_feed import FeedFilter
from tracking.selectors.event_messages import messages_of, messages_to
from tracking.selectors.event_words import SUBSCRIBABLE

MAX_EVENTS: Final = 1000
#: Values that one filter may hold.
MAX_VALUES: Final = 50
LATEST: Final = "latest"


def cursor_of(number: int) -> str:
    """The place behind an event, as text that nobody need understand."""
    return encode(Cursor(way="next", key=(number,)))


def number_of(text: str) -> int:
    """The number in a cursor; raises BadCursor, BadParameter."""
    number = decode(text, columns=1).key[0]
    if not isinstance(number, int) or not 0 <= number < 1 << 62:
        raise bad("after")
    return number


def filter_of(query: QueryDict, tenant_id: UUID) -> FeedFilter:
    """The filters; raises BadParameter, naming each that is wrong."""
    types = _words(query, "type")
    if set(types) - set(SUBSCRIBABLE):
        raise bad("type")
    streams = {stream.name.lower(): stream.value for stream in Stream}
    wanted = _words(query, "stream")
    if set(wanted) - set(streams):
        raise bad("stream")
    return FeedFilter(
        types=types,
        streams=[streams[word] for word in wanted],
        tags=_words(query, "tag"),
        messages=_messages(query, tenant_id),
        campaign_id=_campaign(query.get("campaign")),
    )


def instant_of(text: str, name: str) -> datetime:
    """A time with its zone (ISO 8601); raises BadParameter."""
    try:
        at = parse_datetime(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise bad(name)
    return at


def bad(name: str) -> BadParameter:
    """Names the parameter."""
    return BadParameter(errors=[parameter_problem(name)])


def _words(query: QueryDict, name: str) -> list[str]:
    words = [word.strip() for value in query.getlist(name) for word in value.split(",") if word.strip()]
    if len(words) > MAX_VALUES or any("\0" in word for word in words):
        raise bad(name)
    return words


def _campaign(text: str | None) -> int | None:
    """A made-up id is the number of no campaign."""
    return None if text is None else number_or_zero("cmp", text)


def _messages(query: QueryDict, tenant_id: UUID) -> list[UUID] | None:
    """Those that `message`, `email` and `to` name; all of them must."""
    found: list[set[UUID]] = []
    try:
        if "message" in query:
            found.append({parse_id("msg", str(query["message"]))})
        if "email" in query:
            found.append(
                set(messages_of(tenant_id=tenant_id, submission_id=parse_id("em", str(query["email"]))))
            )
        if "to" in query:
            found.append(set(messages_to(tenant_id=tenant_id, rcpt_key=parse_address(str(query["to"])).key)))
    except (BadId, BadAddress) as error:
        raise bad("message, email, to") from error
    return list(set.intersection(*found)) if found else None
