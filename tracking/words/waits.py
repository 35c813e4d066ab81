"""Why one message waits, as its organization may read it: no policy's reason, no evidence of others."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from delivery.selectors.waiting import Wait, Why
from tracking.words.classes import class_label

#: Reasons that need no figure.
_PLAIN: Final[Mapping[Why, str]] = {
    Why.SENDING: gettext_noop("It is being sent now."),
    Why.PAUSED: gettext_noop("Its campaign is paused."),
    Why.CANCELLED: gettext_noop("Its campaign is cancelled; it will not be sent."),
    Why.ROUTE: gettext_noop("The mail servers of the recipient’s domain are being looked up."),
    Why.NO_SENDER: gettext_noop("Sending starts in a moment."),
    Why.TURN: gettext_noop("It is due, and others are before it."),
}


def clock(instant: datetime) -> str:
    """`14:20` today, else the date with it; in the zone of the page."""
    local = timezone.localtime(instant)
    if local.date() == timezone.localdate():
        return date_format(local, "H:i")
    return date_format(local, "SHORT_DATETIME_FORMAT")


def reason_text(wait: Wait) -> str:
    """One reason why a message waits, as its organization may read it."""
    at = clock(wait.until) if wait.until else ""
    match wait.why:
        case Why.DOMAIN:
            words = {"domain": wait.detail}
            return _("Its sending domain %(domain)s is paused: DNS records are missing or changed.") % words
        case Why.SUSPENDED:
            stopped = _("Sending to this provider is stopped until %(at)s.")
            return stopped % {"at": at} if at else _("Sending to this provider is stopped by the operators.")
        case Why.SLOWED:
            return _("Sending to this provider is slowed down.")
        case Why.RETRY:
            words = {"why": class_label(wait.detail), "at": at}
            return _("%(why)s. It is tried again at %(at)s.") % words
        case Why.LATER:
            return _("It is due at %(at)s.") % {"at": at}
        case other:
            return _(_PLAIN[other])
