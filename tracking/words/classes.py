"""Bounce classes in words."""

from collections.abc import Mapping
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

#: The classes of relay_saas.mail.bounces, and what delivery itself writes.
CLASSES: Final[Mapping[str, str]] = {
    "recipient_unknown": gettext_noop("No such mailbox"),
    "recipient_inactive": gettext_noop("Mailbox switched off"),
    "domain_bad": gettext_noop("Domain takes no mail"),
    "mailbox_full": gettext_noop("Mailbox full"),
    "recipient_refused": gettext_noop("Recipient refuses this mail"),
    "rate_limited": gettext_noop("Too fast for the receiver: we wait"),
    "greylisted": gettext_noop("Asked to come back later"),
    "reputation_block": gettext_noop("Blocked for our reputation"),
    "content_spam": gettext_noop("Taken for spam"),
    "content_policy": gettext_noop("Content not allowed there"),
    "auth_failure": gettext_noop("SPF, DKIM or DMARC failed"),
    "sender_rejected": gettext_noop("Sender refused"),
    "network_temp": gettext_noop("Server not reached"),
    "protocol": gettext_noop("Misunderstanding between the servers"),
    "unknown": gettext_noop("Refused without a clear reason"),
    "unsubscribed": gettext_noop("Unsubscribed meanwhile"),
    "suppressed": gettext_noop("On the suppression list"),
    "expired": gettext_noop("Time for retries is over"),
    "cancelled": gettext_noop("Campaign cancelled"),
    "taken_back": gettext_noop("Interrupted while being sent"),
}


def class_label(category: str) -> str:
    """A bounce class in words; one that has none stays as it is."""
    return _(CLASSES[category]) if category in CLASSES else category
