"""The way of one message: the page of its organization, and the links that show it to others."""

from typing import Final
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.permissions import Capability, allows
from accounts.selectors.membership import Member
from accounts.views.access import actor_of, tenant_page
from delivery.selectors.story import story_of
from relay_saas.mail.ids import BadId, format_id, parse_id
from relay_saas.mail.masking import mask_address
from relay_saas.web.errors import NotFound
from tracking.models import MessageShare
from tracking.selectors.engagements import engagements_of
from tracking.selectors.message_calls import calls_of_message
from tracking.selectors.message_shares import shares_of
from tracking.services.message_shares import revoke_share, share_message, share_token, shared_message
from tracking.words.redaction import redacted
from tracking.words.steps import steps_of, summary_of

MOST_ENGAGEMENTS: Final = 200


@tenant_page(Capability.VIEW)
@require_GET
def message(request: HttpRequest, member: Member, word: str) -> HttpResponse:
    """Accepted, written, signed, every attempt, what the recipient did, and what to do next."""
    message_id = _message_id(word)
    story = story_of(tenant_id=member.tenant_id, message_id=message_id)
    engagements = engagements_of(tenant_id=member.tenant_id, message_ids=[message_id], limit=MOST_ENGAGEMENTS)
    calls = calls_of_message(tenant_id=member.tenant_id, message_id=message_id)
    steps = steps_of(story, engagements, calls)
    may_share = allows(member.role, Capability.REPORTS_VIEW)
    context = {
        "story": story,
        "word": word,
        "steps": steps,
        "now": summary_of(steps),
        "may_share": may_share,
        "shares": _links(shares_of(tenant_id=member.tenant_id, message_id=message_id)) if may_share else [],
    }
    return render(request, "tracking/message.html", context)


@tenant_page(Capability.REPORTS_VIEW)
@require_POST
def message_share(request: HttpRequest, member: Member, word: str) -> HttpResponse:
    """Makes a link for somebody without an account."""
    message_id = _message_id(word)
    share_message(tenant_id=member.tenant_id, message_id=message_id, actor=actor_of(request))
    messages.success(request, _("The link stands below. It is good for seven days."))
    return redirect("tracking:message", member.slug, word)


@tenant_page(Capability.REPORTS_VIEW)
@require_POST
def message_share_revoke(request: HttpRequest, member: Member, word: str, share_id: int) -> HttpResponse:
    """Takes a link back."""
    message_id = _message_id(word)
    revoke_share(
        tenant_id=member.tenant_id, message_id=message_id, share_id=share_id, actor=actor_of(request)
    )
    messages.success(request, _("The link is taken back: whoever has it sees nothing any more."))
    return redirect("tracking:message", member.slug, word)


@require_GET
def message_shared(request: HttpRequest, token: str) -> HttpResponse:
    """The way of a message without a sign-in: addresses masked, nothing of what it says or who reacted."""
    share = shared_message(token)
    story = story_of(tenant_id=share.tenant_id, message_id=share.message_id)
    steps = [redacted(step, story.message.rcpt) for step in steps_of(story, private=False)]
    context = {
        "word": format_id("msg", share.message_id),
        "recipient": mask_address(story.message.rcpt),
        "domain": story.content.sending_domain.name,
        "steps": steps,
        "now": summary_of(steps),
        "until": share.expires_at,
        "shared": True,
    }
    response = render(request, "tracking/message_shared.html", context)
    response["X-Robots-Tag"] = "noindex, nofollow"
    response["Referrer-Policy"] = "no-referrer"
    response["Cache-Control"] = "private, no-store"
    return response


def _links(shares: list[MessageShare]) -> list[tuple[MessageShare, str]]:
    return [
        (share, f"{settings.RELAY_BASE_URL}{reverse('message_shared', args=[share_token(share)])}")
        for share in shares
    ]


def _message_id(word: str) -> UUID:
    try:
        return parse_id("msg", word)
    except BadId as error:
        raise NotFound from error
