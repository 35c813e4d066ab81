"""Ids of the audit trail as programs see them: the trail keeps numbers of rows, which are nobody's business
(docs/adr/0017-public-ids.md)."""

from collections.abc import Mapping
from typing import Any, Final

from accounts.models import AuditEvent
from relay_saas.web.prefixed import public_id

_KINDS: Final[Mapping[str, str]] = {
    "apikey": "key",
    "campaign": "cmp",
    "contact": "con",
    "contactfield": "fld",
    "contactimport": "imp",
    "contactlist": "lst",
    "invitation": "inv",
    "job": "job",
    "media": "med",
    "membership": "mem",
    "sender": "snd",
    "sendingdomain": "dom",
    "smtpcredential": "cred",
    "suppression": "sup",
    "template": "tpl",
    "webhookendpoint": "whk",
}
#: Numbers of rows among what differs.
_NAMES: Final[Mapping[str, str]] = {"contact": "con", "list": "lst", "from": "cmp", "repeat_of": "cmp"}


def object_id(event: AuditEvent) -> str:
    """The public id of what was done to; "" where it has none."""
    if not event.object_id.isdecimal():
        return event.object_id
    kind = _KINDS.get(event.object_type)
    return "" if kind is None else public_id(kind, int(event.object_id))


def changes_of(event: AuditEvent) -> dict[str, Any]:
    """What differs, without numbers of rows."""
    return {
        name: public_id(_NAMES[name], value) if name in _NAMES and type(value) is int else value
        for name, value in event.changes.items()
    }
