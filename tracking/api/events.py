"""`GET /events`: all that happened, in an order that a cursor can follow."""

from typing import Any, ClassVar, Final

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from delivery.api.views import MailApiView
from relay_saas.web.api_operation import (
    Operation,
    Parameter,
    Shape,
    address,
    id_of,
    moment,
    number,
    texts,
    words,
)
from relay_saas.web.api_query import read_limit, read_time
from tracking.api.event_parameters import (
    LATEST,
    MAX_EVENTS,
    MAX_VALUES,
    STREAMS,
    cursor_of,
    filter_of,
    number_of,
)
from tracking.selectors.event_document import event_document
from tracking.selectors.event_words import SUBSCRIBABLE
from tracking.services.event_feed import last_number, number_before, read_events

DEFAULT_EVENTS = 100
PARAMETERS: Final = {
    "after": Parameter(says="The `next` of the answer before, or `latest`: only what comes from now on."),
    "since": moment("Without `after`: events noted since then."),
    "limit": number("How many at most; 100 if it is not said. More than 1,000 gives 1,000.", DEFAULT_EVENTS),
    "type": words(
        f"Types, separated by commas: {', '.join(SUBSCRIBABLE)}.", among=SUBSCRIBABLE, most=MAX_VALUES
    ),
    "stream": words(f"Streams, separated by commas: {', '.join(STREAMS)}.", among=STREAMS, most=MAX_VALUES),
    "tag": texts("Tags, separated by commas; one of them is enough.", most=MAX_VALUES),
    "message": id_of("msg", "Of one message."),
    "email": id_of("em", "Of all messages of one submission."),
    "to": address("Of the latest messages to an address."),
    "campaign": id_of("cmp", "Of mail of one campaign."),
}


#: Made by hand: `data` means something else to a serializer's class body.
EventDocument: Final[Shape] = type(
    "EventDocument",
    (serializers.Serializer,),
    {
        "__doc__": "One event; what `data` holds depends on its type.",
        "id": serializers.CharField(),
        "type": serializers.CharField(),
        "timestamp": serializers.DateTimeField(),
        "sequence": serializers.IntegerField(),
        "test": serializers.BooleanField(
            required=False, help_text="Only of mail of a test key, and true: it was never sent."
        ),
        "data": serializers.DictField(),
    },
)
EventPage: Final[Shape] = type(
    "EventPage",
    (serializers.Serializer,),
    {
        "__doc__": "Events in their order.",
        "data": EventDocument(many=True),
        "next": serializers.CharField(),
        "has_more": serializers.BooleanField(),
    },
)


class EventsView(MailApiView):
    """Events behind `after`, oldest first; the next question begins at `next`, also at the end."""

    tag = "Events"
    required_scope = {"GET": "events.read", "HEAD": "events.read"}
    parameters: ClassVar = PARAMETERS
    operations: ClassVar = {
        "GET": Operation(
            says="Follow events",
            more=(
                "`next` is where the next question begins, also where nothing new is: ask again later with "
                "`after`. Numbers (`sequence`) grow and become visible in their order, so nothing is missed. "
                "A test key reads the events of test keys' mail alone, a live key all others."
            ),
            answer=EventPage,
            refusals={"bad_parameter": 422},
        )
    }

    def get(self, request: Request) -> Response:
        """At most `limit` events. `after=latest` begins with what comes next, `since` with an instant."""
        query = request.query_params
        wanted = query.get("limit")
        page = read_events(
            tenant_id=self.tenant_id,
            after=self._begin(query),
            limit=read_limit(wanted, MAX_EVENTS) if wanted is not None else DEFAULT_EVENTS,
            chosen=filter_of(query, self.tenant_id, test=self.key.test),
        )
        return Response(
            {
                "data": [event_document(row) for row in page.rows],
                "next": cursor_of(page.position),
                "has_more": page.more,
            }
        )

    def _begin(self, query: Any) -> int:
        after, since = query.get("after"), read_time(query, "since")
        if after == LATEST:
            return last_number(tenant_id=self.tenant_id)
        if after:
            return number_of(after)
        return number_before(tenant_id=self.tenant_id, at=since) if since else 0
