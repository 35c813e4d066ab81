"""Why something waits, in words: of a provider's part of a campaign, and of one message."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from delivery.selectors.waiting import Wait, Why
from tracking.selectors.waits import Hold, ProviderWait
from tracking.views.wording import class_label

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


def wait_text(wait: ProviderWait) -> str:
    """ "slowed down until 14:20"."""
    at = clock(wait.until) if wait.until else ""
    match wait.hold:
        case Hold.PAUSED:
            return _("the campaign is paused")
        case Hold.SUSPENDED:
            return _("stopped until %(at)s") % {"at": at} if at else _("stopped until the operators lift it")
        case Hold.SLOWED:
            return _("slowed down until %(at)s") % {"at": at} if at else _("slowed down")
        case Hold.RETRY:
            return _("tried again from %(at)s") % {"at": at}
        case Hold.MOVING:
            return _("on its way")


def end_text(wait: ProviderWait) -> str:
    """When it may be done; "" where nobody can say."""
    return _("done about %(at)s") % {"at": clock(wait.expected_end)} if wait.expected_end else ""


def reason_text(wait: Wait) -> str:
    """One reason why a message waits, as its organization may read it."""
    at = clock(wait.until) if wait.until else ""
    match wait.why:
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
