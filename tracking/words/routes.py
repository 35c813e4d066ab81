"""Where a message goes, what it waits for, and what stands against its address, in words."""

from django.utils.translation import gettext as _

from campaigns.models import Suppression
from delivery.models import Domain, QueueEntry
from delivery.selectors.story import Story
from delivery.selectors.waiting import Why
from tracking.words.step import Step
from tracking.words.waits import clock, reason_text


def routed_step(story: Story) -> Step:
    """Which servers take mail for the recipient's domain."""
    domain, site = story.domain, story.domain.site
    servers = site.key.split(",") if site else []
    details = {
        "domain": domain.name,
        "dns": domain.state,
        "servers": servers,
        "provider": site.provider.name if site else None,
    }
    if site is None or domain.state != Domain.State.OK:
        return Step(
            kind="routed",
            state="info",
            title=_("On its way to its server"),
            text=_("The mail servers of %(domain)s are not known yet; DNS is asked.")
            % {"domain": domain.name},
            next=_("If this stays so, look whether the domain behind the @ is spelt right."),
            details=details,
        )
    return Step(
        kind="routed",
        state="ok",
        title=_("On its way to its server"),
        text=_("Mail for %(domain)s is taken by %(provider)s.")
        % {"domain": domain.name, "provider": site.provider.name},
        facts=tuple(servers),
        details=details,
    )


def waiting_step(story: Story, entry: QueueEntry) -> Step:
    """What it waits for."""
    reasons = list(dict.fromkeys(reason_text(wait) for wait in story.waits))
    paused = next((wait.detail for wait in story.waits if wait.why == Why.DOMAIN), "")
    advice = (
        _("Put the records of %(domain)s right: the mail then goes out by itself. Given up at %(at)s if not.")
        if paused
        else _("Nothing to do. Given up at %(at)s if it is not delivered before.")
    )
    return Step(
        kind="waiting",
        state="warning" if paused else "info",
        at=entry.next_attempt_at,
        title=_("Waiting; due %(at)s") % {"at": clock(entry.next_attempt_at)},
        text=" ".join(reasons),
        next=advice % {"at": clock(entry.expires_at), "domain": paused},
        details={
            "due_at": entry.next_attempt_at,
            "expires_at": entry.expires_at,
            "waits_for": [{"why": str(one.why), "until": one.until} for one in story.waits],
        },
    )


def suppression_step(one: Suppression, story: Story) -> Step:
    """What stands against the address now."""
    mine = one.message_id == story.message.id
    text = _("The address stands on your suppressions: %(why)s (%(scope)s).") % {
        "why": one.get_reason_display(),
        "scope": one.get_scope_display(),
    }
    if mine:
        text += " " + _("This message is why.")
    return Step(
        kind="suppression",
        state="warning",
        at=one.created_at,
        title=_("This address gets no mail any more"),
        text=text,
        next=_("Only if the person asks for your mail again, remove the entry on the suppressions."),
        reply=one.detail,
        details={"scope": one.scope, "reason": one.reason, "made_by_this_message": mine},
    )
