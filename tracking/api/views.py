"""`GET /emails/{id}/events`: the servers' answers and the people's reactions, in one line of time."""

from typing import Any, ClassVar
from uuid import UUID

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from delivery.api.documents import accepted_event, event_document, simulated_event
from delivery.api.parameters import submission_id_of
from delivery.api.views import MailApiView
from delivery.selectors.submissions import events_of
from delivery.services.simulation import find_simulated, happened
from relay_saas.mail.ids import format_id
from relay_saas.web.api_operation import Operation, number
from relay_saas.web.api_query import read_limit
from tracking.api.shapes import EmailEventsDocument
from tracking.models import Engagement
from tracking.selectors.engagements import engagements_of

MAX_EVENTS = 1000


class EmailEventsView(MailApiView):
    """At most `limit` events, oldest first; 1,000 without it."""

    tag = "Emails"
    path_ids: ClassVar = {"submission": "em"}
    required_scope = {"GET": "messages.read", "HEAD": "messages.read"}
    parameters: ClassVar = {
        "limit": number("How many at most. More than 1,000 gives 1,000.", default=MAX_EVENTS)
    }
    operations: ClassVar = {
        "GET": Operation(
            says="Read what happened to a mail",
            more="Oldest first: the servers' answers and what people did, of all its copies.",
            answer=EmailEventsDocument,
        )
    }

    def get(self, request: Request, submission: str) -> Response:
        """An unknown id answers like a foreign one."""
        limit = read_limit(request.query_params.get("limit"), MAX_EVENTS)
        found = submission_id_of(submission)
        told = self._simulated(found) if self.key.test else self._told(found, limit)
        return Response({"events": told[:limit], "has_more": len(told) > limit})

    def _simulated(self, mail_id: UUID) -> list[dict[str, Any]]:
        mail = find_simulated(tenant_id=self.tenant_id, mail_id=mail_id)
        accepted = [
            accepted_event(UUID(message_id), address, mail.created_at) for message_id, address in mail.copies
        ]
        return [*accepted, *(simulated_event(one) for one in happened(mail, timezone.now()))]

    def _told(self, submission_id: UUID, limit: int) -> list[dict[str, Any]]:
        events = events_of(tenant_id=self.tenant_id, submission_id=submission_id)
        addresses = {event.message_id: event.address for event in events}
        engagements = engagements_of(tenant_id=self.tenant_id, message_ids=list(addresses), limit=limit + 1)
        told = [event_document(event) for event in events]
        told += [engagement_document(one, addresses[one.message_id]) for one in engagements]
        told.sort(key=lambda document: document["at"])
        return told


def engagement_document(engagement: Engagement, address: str) -> dict[str, Any]:
    """What a person or a machine did; `reason` says why we think that it was a machine."""
    return {
        "type": engagement.kind,
        "message": format_id("msg", engagement.message_id),
        "to": address,
        "at": engagement.at,
        "reject_reason": None,
        "link": engagement.link_index,
        "machine": engagement.machine,
        "reason": engagement.reason or None,
        "user_agent": engagement.user_agent or None,
    }
