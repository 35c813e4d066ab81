"""A webhook call in words."""

from collections.abc import Mapping
from typing import Final

from django.utils.translation import gettext as _

from tracking.models import WebhookCall
from tracking.selectors.message_calls import MessageCall
from tracking.words.step import State, Step
from tracking.words.waits import clock

_STATES: Final[Mapping[str, State]] = {
    WebhookCall.State.DELIVERED: "ok",
    WebhookCall.State.WAITING: "info",
    WebhookCall.State.FAILED: "danger",
}


def call_step(one: MessageCall) -> Step:
    """One call."""
    call = one.call
    answer = str(call.last_status) if call.last_status is not None else call.last_error
    return Step(
        kind="webhook",
        state=_STATES[call.state],
        at=call.done_at or call.created_at,
        title=_("Webhook: %(state)s") % {"state": call.get_state_display()},
        text=_text(one, answer),
        next=_next(call),
        facts=tuple(fact for fact in (call.webhook_id, *call.types) if fact),
        details={
            "url": one.url or None,
            "webhook_id": call.webhook_id,
            "types": call.types,
            "origin": call.origin,
            "attempts": call.attempts,
            "status": call.last_status,
            "error": call.last_error or None,
            "next_attempt_at": call.next_attempt_at if call.state == WebhookCall.State.WAITING else None,
        },
    )


def _text(one: MessageCall, answer: str) -> str:
    values = {"url": one.url or _("an address that is gone"), "answer": answer, "n": one.call.attempts}
    if one.call.state == WebhookCall.State.DELIVERED:
        return _("%(url)s was told and answered %(answer)s.") % values
    if not one.call.attempts:
        return _("%(url)s is told in a moment.") % values
    return _("%(url)s could not be told in %(n)s attempts; the last one ended with %(answer)s.") % values


def _next(call: WebhookCall) -> str:
    if call.state == WebhookCall.State.DELIVERED:
        return ""
    if call.state == WebhookCall.State.FAILED:
        return _("Mend your server, then send the call again from the webhook’s page.")
    return _("Nothing to do: the next attempt is due at %(at)s.") % {"at": clock(call.next_attempt_at)}
