"""What tracking refuses, each with a machine code."""

from collections.abc import Mapping
from typing import ClassVar

from django.utils.translation import gettext_lazy as _

from relay_saas.web.errors import RelayError
from relay_saas.web.problems import Text


class TrackingError(RelayError):
    """Base of this app's errors."""


class UnknownLink(TrackingError):
    """A token that we did not sign, or a message that is gone."""

    code = "unknown_link"
    status = 404
    message = _("This link is not valid, or has expired. Nothing was changed.")


class ShareEnded(TrackingError):
    """The link is older than its lifetime, or was taken back."""

    code = "share_ended"
    status = 410
    message = _("This link is no longer good. Ask whoever sent it for a new one.")


class ShareUnknown(TrackingError):
    """The link was not made by us, or its message is gone."""

    code = "not_found"
    status = 404
    message = _("This link leads nowhere. Ask whoever sent it for a new one.")


class BadWebhook(TrackingError):
    """An endpoint that cannot be as it was asked for."""

    code = "bad_webhook"
    status = 422
    message = _("Choose known event types, at most 100 events a call, and texts of at most 200 characters.")


class TooManyWebhooks(TrackingError):
    """More would make every event cost that much more."""

    code = "too_many_webhooks"
    status = 409
    message = _("An organization has at most 50 webhooks. Delete one that is not needed.")


class BadReplay(TrackingError):
    """A stretch of time that holds nothing, or too much."""

    code = "bad_replay"
    status = 422
    message = _("Choose a time that lies in the past and begins before it ends.")


class BadSpan(TrackingError):
    """Figures of no time, or of too long a one."""

    code = "bad_span"
    status = 422
    message = _("Ask for a time of at most 93 days that begins before it ends.")


class BadExport(TrackingError):
    """What is to be exported contradicts itself."""

    status = 422
    messages: ClassVar[Mapping[str, Text]] = {
        "no_such_state": _("There is no such state of what is exported."),
        "campaign_of_recipients": _("Recipients are those of a campaign, and nothing else is of one."),
    }

    def __init__(self, code: str) -> None:
        super().__init__(self.messages[code], code=code)
