"""`GET /events`: all that happened, in an order that a cursor can follow."""

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from delivery.api.parameters import read_limit
from delivery.api.views import MailApiView
from tracking.api.event_parameters import LATEST, MAX_EVENTS, cursor_of, filter_of, instant_of, number_of
from tracking.selectors.event_document import event_document
from tracking.services.event_feed import last_number, number_before, read_events

DEFAULT_EVENTS = 100


class EventsView(MailApiView):
    """Events behind `after`, oldest first; the next question begins at `next`, also at the end."""

    required_scope = {"GET": "events.read", "HEAD": "events.read"}
    parameters = frozenset(
        {"after", "since", "limit", "type", "stream", "tag", "message", "email", "to", "campaign_id"}
    )

    def get(self, request: Request) -> Response:
        """At most `limit` events. `after=latest` begins with what comes next, `since` with an instant."""
        query = request.query_params
        wanted = query.get("limit")
        page = read_events(
            tenant_id=self.tenant_id,
            after=self._begin(query),
            limit=read_limit(wanted, MAX_EVENTS) if wanted is not None else DEFAULT_EVENTS,
            chosen=filter_of(query, self.tenant_id),
        )
        return Response(
            {
                "data": [event_document(row) for row in page.rows],
                "next": cursor_of(page.position),
                "has_more": page.more,
            }
        )

    def _begin(self, query: Any) -> int:
        after, since = query.get("after"), query.get("since")
        if after == LATEST:
            return last_number(tenant_id=self.tenant_id)
        if after:
            return number_of(after)
        return number_before(tenant_id=self.tenant_id, at=instant_of(since, "since")) if since else 0
