"""One call of a webhook: what was sent, what came back, and once more."""

from typing import Final
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.permissions import Capability
from accounts.selectors.membership import Member
from accounts.views.access import actor_of, tenant_page
from relay_saas.web.problems import Text
from tracking.models import WebhookAttempt, WebhookCall
from tracking.selectors.webhooks import attempts_of, call_of, endpoint_of
from tracking.services import webhook_calls

#: What the codes of relay_saas.net mean, and what to do.
ERRORS: Final[dict[str, Text]] = {
    "dns": gettext_lazy("The name could not be looked up now. We try again."),
    "no_such_host": gettext_lazy("The name does not exist in DNS. Check the address."),
    "refused_address": gettext_lazy("The name leads into a private network, which we do not call."),
    "private_address": gettext_lazy("The address lies in a private network, which we do not call."),
    "plain_http": gettext_lazy("The address begins with http://. Use https://."),
    "connect": gettext_lazy("No connection: the server is off, or a firewall is in the way."),
    "tls": gettext_lazy("The encrypted connection failed. Check the certificate, its chain and its name."),
    "timeout": gettext_lazy("No answer within 10 seconds. Answer first, then do the work."),
    "closed": gettext_lazy("The server closed the connection without an answer. It may have got the call."),
    "not_http": gettext_lazy("What came back is not HTTP."),
    "too_many_headers": gettext_lazy("The answer has too many or too long headers."),
}
_OTHER: Final = gettext_lazy("The call could not be made.")


@tenant_page(Capability.DEVELOPERS_EDIT)
def webhook_call(request: HttpRequest, member: Member, endpoint_id: int, call_id: UUID) -> HttpResponse:
    """Everything of one call."""
    call = call_of(tenant_id=member.tenant_id, endpoint_id=endpoint_id, call_id=call_id)
    attempts = attempts_of(call)
    context = {
        "endpoint": endpoint_of(tenant_id=member.tenant_id, endpoint_id=endpoint_id),
        "call": call,
        "attempts": [(attempt, _said(attempt)) for attempt in attempts],
        "waits": call.state == WebhookCall.State.WAITING and call.urgent,
    }
    return render(request, "tracking/webhook_call.html", context)


@tenant_page(Capability.DEVELOPERS_EDIT)
def webhook_resend(request: HttpRequest, member: Member, endpoint_id: int, call_id: UUID) -> HttpResponse:
    """Once more, now."""
    if request.method == "POST":
        webhook_calls.resend(
            tenant_id=member.tenant_id, endpoint_id=endpoint_id, call_id=call_id, actor=actor_of(request)
        )
        messages.success(request, _("The call is made once more, with the same id."))
    return redirect("tracking:webhook_call", member.slug, endpoint_id, call_id)


def _said(attempt: WebhookAttempt) -> Text:
    if attempt.status is None:
        return ERRORS.get(attempt.error, _OTHER)
    return _("Answer %(status)s") % {"status": attempt.status}
