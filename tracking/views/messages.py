"""The list of messages, and the story of one as its organization may read it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.permissions import Capability
from accounts.selectors.membership import Member
from accounts.views.access import tenant_page
from delivery.selectors.story import story_of
from relay_saas.mail.ids import BadId, parse_id
from relay_saas.web.errors import NotFound
from tracking.selectors.engagements import engagements_of
from tracking.selectors.messages import message_page
from tracking.views.wait_wording import reason_text
from tracking.views.wording import class_label

MOST_ENGAGEMENTS = 200


@tenant_page(Capability.VIEW)
def message_list(request: HttpRequest, member: Member) -> HttpResponse:
    """Newest first, or those to one address."""
    address = request.GET.get("q", "").strip()
    page = message_page(tenant_id=member.tenant_id, cursor=request.GET.get("cursor"), address=address)
    return render(request, "tracking/messages.html", {"page": page, "q": address})


@tenant_page(Capability.VIEW)
def message(request: HttpRequest, member: Member, word: str) -> HttpResponse:
    """What was tried, what was answered, what comes next, what the recipient did."""
    try:
        message_id = parse_id("msg", word)
    except BadId as error:
        raise NotFound from error
    story = story_of(tenant_id=member.tenant_id, message_id=message_id)
    context = {
        "story": story,
        "word": word,
        "attempts": [
            (
                attempt,
                class_label(attempt.category) if attempt.category else "",
                story.transcripts.get(attempt.number, ""),
            )
            for attempt in story.attempts
        ],
        # Why others' mail made a provider slow is not told here: no policy's reason, no evidence.
        "reasons": list(dict.fromkeys(reason_text(wait) for wait in story.waits)),
        "engagements": engagements_of(
            tenant_id=member.tenant_id, message_ids=[message_id], limit=MOST_ENGAGEMENTS
        ),
    }
    return render(request, "tracking/message.html", context)
