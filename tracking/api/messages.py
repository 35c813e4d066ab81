"""`/messages`: every recipient's copy, searched by address, campaign, state and time."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.views import JsonApiView
from campaigns.models import Campaign
from relay_saas.mail.ids import BadId, parse_id
from relay_saas.web.api_operation import PAGING, Operation, address, choice, flag, id_of, moment, page_shape
from relay_saas.web.api_operation import scopes as scopes_of
from relay_saas.web.api_paging import open_cursor, page_size, seal_cursor
from relay_saas.web.api_query import read_address, read_flag, read_time, read_word
from relay_saas.web.api_versions import single
from relay_saas.web.errors import NotFound
from relay_saas.web.prefixed import read_id
from tracking.api.shapes import MESSAGE_STATES, MessageDocument
from tracking.selectors.message_keys import Wanted, range_of_campaign, range_of_time
from tracking.selectors.messages import MessageRow, one_message, wanted_page


class MessagesView(JsonApiView):
    """Messages, the newest first."""

    tag = "Messages"
    required_scope = scopes_of("messages.read")
    parameters = {
        **PAGING,
        "email": address("Those to this address."),
        "campaign": id_of("cmp", "Those of this campaign."),
        "state": choice("Those that stand there, or that somebody did this with.", MESSAGE_STATES),
        "machines": flag("Whether what machines did counts, too."),
        "since": moment("Those accepted from then on."),
        "before": moment("Those accepted before then."),
    }
    operations = {"GET": Operation(says="Search messages", answer=page_shape(MessageDocument))}

    def get(self, request: Request) -> Response:
        """One page."""
        query = request.query_params
        wanted = self._wanted()
        cursor = open_cursor("messages", query["after"]) if "after" in query else None
        size = page_size(query)
        if wanted is None:
            return Response({"data": [], "next": None})
        page = wanted_page(tenant_id=self.tenant_id, wanted=wanted, cursor=cursor, size=size)
        following = seal_cursor("messages", page.next_cursor) if page.next_cursor else None
        return Response({"data": [message_document(row) for row in page.items], "next": following})

    def _wanted(self) -> Wanted | None:
        """None: nothing can fit."""
        query = self.request.query_params
        since, before = read_time(query, "since"), read_time(query, "before")
        wanted = Wanted(
            ids=range_of_time(since, before),
            state=read_word(query, "state", MESSAGE_STATES) or "",
            machines=read_flag(query, "machines") or False,
        )
        if (number := read_id(query, "campaign", "cmp")) is not None:
            campaign = Campaign.objects.filter(tenant_id=self.tenant_id, pk=number).first()
            if campaign is None:
                return None
            ids = range_of_campaign(campaign).within(wanted.ids)
            wanted = replace(wanted, ids=ids, campaign_id=campaign.pk)
        if (recipient := read_address(query, "email")) is not None:
            wanted = replace(wanted, rcpt_key=recipient.key)
        return wanted


class MessageView(JsonApiView):
    """One message."""

    tag = "Messages"
    required_scope = scopes_of("messages.read")
    path_ids = {"message": "msg"}
    operations = {"GET": Operation(says="Read a message", answer=MessageDocument, versioned=True)}

    def get(self, request: Request, message: str) -> Response:
        """By id."""
        found = one_message(tenant_id=self.tenant_id, message_id=message_id_of(message)).items
        if not found:
            raise NotFound
        return single(request, message_document(found[0]))


def message_id_of(text: str) -> UUID:
    """The id in `msg_…`; raises NotFound, as for an id that never existed."""
    try:
        return parse_id("msg", text)
    except BadId as error:
        raise NotFound from error


def message_document(row: MessageRow) -> dict[str, Any]:
    """A row as it is answered."""
    state = "queued" if row.state is None else row.state.name.lower()
    values = {name: getattr(row, name) for name in MessageRow.__slots__}
    return dict(MessageDocument(values | {"word_of_state": state}).data)
