"""The vocabulary of events: Anymail's words for mail, `campaign.…` and `domain.…` for the rest."""

from collections.abc import Iterable, Mapping
from typing import Final

from django.utils.translation import gettext_lazy as _

from delivery.models import AttemptState
from delivery.selectors.submissions import EVENTS
from relay_saas.web.problems import Text
from tracking.models import Engagement, EventBatch

Source = EventBatch.Source

#: In the order of note_engagements() in the migration: a word is twice the place here, plus 1 for a machine.
KINDS: Final = (
    "",
    Engagement.Kind.OPENED.value,
    Engagement.Kind.CLICKED.value,
    Engagement.Kind.UNSUBSCRIBED.value,
    Engagement.Kind.RESUBSCRIBED.value,
    Engagement.Kind.COMPLAINED.value,
)
QUEUED: Final = "queued"

#: Every type, with what it says to people.
LABELS: Final[Mapping[str, Text]] = {
    QUEUED: _("A message was accepted by the API or by SMTP and will be sent"),
    "delivered": _("The recipient’s server took the message"),
    "deferred": _("The server asked to try again later"),
    "bounced": _("The message was refused for good, or could not be delivered in time"),
    "failed": _("The message could not be sent through a fault of its own or of its sender"),
    "rejected": _("The message was not sent: the address is suppressed, or the sending was cancelled"),
    "unknown": _("The answer to the last byte was lost: the message may have arrived"),
    "opened": _("The message was opened"),
    "clicked": _("A link was followed"),
    "unsubscribed": _("The recipient opted out"),
    "subscribed": _("An opt-out was taken back"),
    "complained": _("The recipient called the message spam"),
    "campaign.scheduled": _("A campaign was planned"),
    "campaign.unscheduled": _("A planned campaign is a draft again"),
    "campaign.launched": _("A campaign’s content and audience are fixed"),
    "campaign.started": _("A campaign’s first messages go out"),
    "campaign.paused": _("A campaign was paused"),
    "campaign.resumed": _("A campaign goes on"),
    "campaign.cancelled": _("A campaign was cancelled"),
    "campaign.sent": _("A campaign has nothing left to send"),
    "domain.added": _("A sending domain was added"),
    "domain.pending": _("A sending domain waits for its DNS records"),
    "domain.verified": _("A sending domain’s DNS records are complete"),
    "domain.broken": _("DNS records of a verified domain are gone"),
    "domain.drifting": _("DNS records of a domain that still sends are missing or different"),
    "domain.mended": _("A sending domain’s DNS records are right again"),
    "domain.keys_changed": _("A sending domain signs with other keys"),
    "webhook.test": _("A test that was sent from the page or by the API"),
}
#: What endpoints may ask for: a test goes to the endpoint that it was made for.
SUBSCRIBABLE: Final = tuple(name for name in LABELS if name != "webhook.test")


def codes_of(types: Iterable[str]) -> list[int]:
    """The numbers by which PostgreSQL chooses events of mail: source * 1000 + state or kind."""
    wanted = set(types)
    codes = [Source.ATTEMPTS * 1000 + state for state in AttemptState if EVENTS[state][0] in wanted]
    codes += [Source.ENGAGEMENTS * 1000 + place for place, kind in enumerate(KINDS) if kind in wanted]
    return [*codes, Source.ACCEPTED * 1000] if QUEUED in wanted else codes


def facts_of(types: Iterable[str]) -> list[str]:
    """Those that are told apart by name."""
    return sorted({name for name in types if "." in name})
