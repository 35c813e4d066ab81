"""The audit trail in words: what was done, to what, and what changed."""

from collections.abc import Mapping
from typing import Any, Final

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.jobs import kind_of
from accounts.models import AuditEvent, Role
from accounts.models.api_key import KeyScope
from accounts.models.stream import Stream
from relay_saas.web.problems import Text

#: A longer value is cut.
MOST_VALUE: Final = 300

VERBS: Final[Mapping[str, Text]] = {
    "added": gettext_lazy("Put in"),
    "appointed": gettext_lazy("Made an operator"),
    "approved": gettext_lazy("Approved"),
    "archived": gettext_lazy("Archived"),
    "assigned": gettext_lazy("Assigned"),
    "cancelled": gettext_lazy("Cancelled"),
    "changed": gettext_lazy("Made a change"),
    "checked": gettext_lazy("Checked"),
    "confirmed": gettext_lazy("Confirmed"),
    "created": gettext_lazy("Created"),
    "deleted": gettext_lazy("Deleted"),
    "discarded": gettext_lazy("Discarded"),
    "dismissed": gettext_lazy("Took the operator’s rights from"),
    "downloaded": gettext_lazy("Downloaded"),
    "duplicated": gettext_lazy("Duplicated"),
    "enabled": gettext_lazy("Enabled"),
    "exported": gettext_lazy("Exported"),
    "imported": gettext_lazy("Imported"),
    "invited": gettext_lazy("Invited"),
    "issued": gettext_lazy("Created"),
    "launched": gettext_lazy("Launched"),
    "not_launched": gettext_lazy("Was not launched"),
    "paused": gettext_lazy("Paused"),
    "removed": gettext_lazy("Removed"),
    "renamed": gettext_lazy("Renamed"),
    "replayed": gettext_lazy("Replayed events to"),
    "resent": gettext_lazy("Made a call again to"),
    "restored": gettext_lazy("Brought back"),
    "resumed": gettext_lazy("Resumed"),
    "revoked": gettext_lazy("Revoked"),
    "share_revoked": gettext_lazy("Links revoked"),
    "rotated": gettext_lazy("Replaced"),
    "rotating": gettext_lazy("Began to replace"),
    "scheduled": gettext_lazy("Scheduled"),
    "shared": gettext_lazy("Shared by a link"),
    "started": gettext_lazy("Started"),
    "subscribed": gettext_lazy("Subscribed"),
    "suppressed": gettext_lazy("Suppressed"),
    "tagged": gettext_lazy("Changed the tags of"),
    "tested": gettext_lazy("Sent a test"),
    "unarchived": gettext_lazy("Took out of the archive"),
    "undone": gettext_lazy("Undid"),
    "unscheduled": gettext_lazy("Unscheduled"),
    "unsubscribed": gettext_lazy("Unsubscribed"),
    "uploaded": gettext_lazy("Uploaded"),
    "verified": gettext_lazy("Verified"),
    "withdrawn": gettext_lazy("Withdrew"),
}
OBJECTS: Final[Mapping[str, Text]] = {
    "apikey": gettext_lazy("API key"),
    "campaign": gettext_lazy("Campaign"),
    "contact": gettext_lazy("Contact"),
    "contactfield": gettext_lazy("Field"),
    "contactimport": gettext_lazy("Import"),
    "contactlist": gettext_lazy("List"),
    "content": gettext_lazy("Content"),
    "dkimkey": gettext_lazy("Signing key"),
    "invitation": gettext_lazy("Invitation"),
    "job": gettext_lazy("Job"),
    "media": gettext_lazy("File"),
    "membership": gettext_lazy("Member"),
    "messageshare": gettext_lazy("Link to a message"),
    "sender": gettext_lazy("Sender"),
    "sendingdomain": gettext_lazy("Sending domain"),
    "smtpcredential": gettext_lazy("SMTP credential"),
    "suppression": gettext_lazy("Suppression"),
    "template": gettext_lazy("Template"),
    "tenant": gettext_lazy("Organization"),
    "user": gettext_lazy("Person"),
    "webhookendpoint": gettext_lazy("Webhook"),
}
FIELDS: Final[Mapping[str, Text]] = {
    "address": gettext_lazy("Address"),
    "allowed_from": gettext_lazy("It may send from"),
    "bounce_notice": gettext_lazy("Reports of mail that does not arrive, to"),
    "contact_address": gettext_lazy("Contact address"),
    "daily_limit": gettext_lazy("Recipients a day, at most"),
    "fields": gettext_lazy("Fields"),
    "file": gettext_lazy("File"),
    "kind": gettext_lazy("Kind"),
    "legal_name": gettext_lazy("Legal name"),
    "list": gettext_lazy("List"),
    "locale": gettext_lazy("Language"),
    "message": gettext_lazy("Message"),
    "name": gettext_lazy("Name"),
    "networks": gettext_lazy("It may be used from"),
    "person": gettext_lazy("Person"),
    "postal_address": gettext_lazy("Postal address"),
    "rate_per_minute": gettext_lazy("Recipients a minute, at most"),
    "reachable": gettext_lazy("Recipients"),
    "reason": gettext_lazy("Reason"),
    "role": gettext_lazy("Role"),
    "scope": gettext_lazy("Scope"),
    "scopes": gettext_lazy("It may"),
    "state": gettext_lazy("State"),
    "stream": gettext_lazy("Stream"),
    "subject": gettext_lazy("Subject"),
    "time_zone": gettext_lazy("Time zone"),
    "title": gettext_lazy("Title"),
    "track_clicks": gettext_lazy("Count clicks"),
    "track_opens": gettext_lazy("Count opens"),
    "undo_seconds": gettext_lazy("Time to undo a launch"),
    "until": gettext_lazy("Until"),
    "username": gettext_lazy("User name"),
}
#: A list of two under these names is what stood there before and what stands there now.
_PAIRS: Final = frozenset(
    (
        "bounce_notice",
        "contact_address",
        "daily_limit",
        "legal_name",
        "locale",
        "name",
        "postal_address",
        "rate_per_minute",
        "role",
        "state",
        "stream",
        "track_clicks",
        "track_opens",
        "undo_seconds",
        "time_zone",
    )
)
#: Values that have words of their own.
_KNOWN: Final[Mapping[str, Mapping[Any, Text]]] = {
    "role": dict(Role.choices),
    "scopes": dict(KeyScope.choices),
    "locale": dict(settings.LANGUAGES),
    "stream": dict(Stream.choices),
}


def verb_words(verb: str) -> str:
    """What was done; a verb that has no words yet stands as it is."""
    return str(VERBS.get(verb, verb))


def object_words(event: AuditEvent) -> str:
    """What it was done to."""
    label = OBJECTS.get(event.object_type, event.object_type)
    return f"{label} {event.object_id}" if event.object_type not in {"tenant", "membership"} else str(label)


def change_words(event: AuditEvent) -> list[str]:
    """What changed, a line each."""
    first = {"person": 0, "name": 1, "subject": 1, "title": 1}
    # PostgreSQL keeps the names by length; people read what it is about first.
    ordered = sorted(event.changes.items(), key=lambda one: first.get(one[0], 2))
    return [_line(name, value) for name, value in ordered]


def _line(name: str, value: Any) -> str:
    label = FIELDS.get(name, name)
    if isinstance(value, list) and len(value) == 2 and (name in _PAIRS or isinstance(value[0], list)):
        before, after = (_value(name, one) for one in value)
        return _("%(field)s: %(before)s → %(after)s") % {"field": label, "before": before, "after": after}
    return _("%(field)s: %(value)s") % {"field": label, "value": _value(name, value)}


def _value(name: str, value: Any) -> str:
    if value is None or value in ("", []):
        return _("nothing")
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list):
        return _cut(", ".join(_value(name, one) for one in value))
    known = _known(name, value) if isinstance(value, (str, int)) else None
    return str(known) if known is not None else _cut(" ".join(str(value).split()))


def _known(name: str, value: str | int) -> Text | None:
    kind = kind_of(str(value)) if name == "kind" else None
    return kind.label if kind is not None else _KNOWN.get(name, {}).get(value)


def _cut(text: str) -> str:
    return text if len(text) <= MOST_VALUE else f"{text[:MOST_VALUE]}…"
