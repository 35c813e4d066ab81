"""Why a provider's part of a campaign waits, in words."""

from django.utils.translation import gettext as _

from tracking.selectors.waits import Hold, ProviderWait
from tracking.words.waits import clock


def wait_text(wait: ProviderWait) -> str:
    """ "slowed down until 14:20"."""
    at = clock(wait.until) if wait.until else ""
    match wait.hold:
        case Hold.PAUSED:
            return _("the campaign is paused")
        case Hold.DOMAIN:
            return _("held until the DNS records of its domain are right again")
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
