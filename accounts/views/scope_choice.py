"""What a key may do, as people choose it: by a word for the usual cases, or noun by noun."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django import forms
from django.db import models
from django.forms.boundfield import BoundWidget
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models.api_key import KeyScope
from relay_saas.web.problems import Text

_NOUNS: Final[Mapping[str, Text]] = {
    "messages": gettext_lazy("Sent mail"),
    "contacts": gettext_lazy("Contacts and fields"),
    "lists": gettext_lazy("Lists and subscriptions"),
    "suppressions": gettext_lazy("Suppressions"),
    "templates": gettext_lazy("Templates"),
    "campaigns": gettext_lazy("Campaigns"),
    "events": gettext_lazy("Event feed"),
    "stats": gettext_lazy("Statistics"),
    "domains": gettext_lazy("Sending domains"),
    "webhooks": gettext_lazy("Webhooks"),
    "credentials": gettext_lazy("SMTP credentials"),
    "keys": gettext_lazy("API keys"),
    "members": gettext_lazy("Members"),
    "organization": gettext_lazy("Organization"),
    "audit": gettext_lazy("Audit log"),
    "exports": gettext_lazy("Exports"),
}
_VERBS: Final[Mapping[str, Text]] = {
    "read": gettext_lazy("Read"),
    "write": gettext_lazy("Change"),
    "send": gettext_lazy("Send"),
}
#: Where the verb alone would say less.
_OWN_WORDS: Final[Mapping[str, Text]] = {
    KeyScope.CAMPAIGNS_SEND: gettext_lazy("Launch and stop"),
    KeyScope.EXPORTS_READ: gettext_lazy("Fetch"),
    KeyScope.EXPORTS_WRITE: gettext_lazy("Start"),
}
#: A list of so many scopes is told noun by noun.
_MANY: Final = 3


class Access(models.TextChoices):
    """The usual cases."""

    SEND = "send", gettext_lazy("Sending only: it hands in mail, and sees nothing")
    READ = "read", gettext_lazy("Reading only: it sees everything, and changes nothing")
    FULL = "full", gettext_lazy("Full access: everything that you may do by API")
    CHOSEN = "chosen", gettext_lazy("What I choose")


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeGroup:
    """The boxes of one noun."""

    label: Text
    boxes: list[BoundWidget]


def scope_choices(offered: Iterable[str]) -> list[tuple[str, Text]]:
    """Each scope with its verb alone: the noun stands above."""
    return [(scope, _verb(scope)) for scope in offered]


def scope_groups(field: forms.BoundField) -> list[ScopeGroup]:
    """The boxes of a field of `scope_choices`, by noun."""
    groups: dict[str, list[BoundWidget]] = {}
    for box in field.subwidgets:
        groups.setdefault(_noun(box.data["value"]), []).append(box)
    return [ScopeGroup(label=_NOUNS[noun], boxes=boxes) for noun, boxes in groups.items()]


def scopes_of(access: str, chosen: Sequence[str], offered: Collection[str]) -> list[str]:
    """The scopes that a choice stands for, of those that are offered."""
    match access:
        case Access.SEND:
            return [KeyScope.MESSAGES_SEND.value]
        case Access.READ:
            return [scope for scope in offered if scope.endswith(".read")]
        case Access.FULL:
            return list(offered)
        case _:
            return list(chosen)


def scope_words(scopes: Sequence[str]) -> list[str]:
    """Scopes in few words; one that is not offered any more stands as it is."""
    known = [scope.value for scope in KeyScope]
    if set(scopes) == set(known):
        return [_("Full access")]
    # Not every role can give the audit log away.
    if {*scopes, KeyScope.AUDIT_READ.value} == set(scopes_of(Access.READ, (), known)):
        return [_("Reading only")]
    labels = {scope.value: str(scope.label) for scope in KeyScope}
    if len(scopes) <= _MANY:
        return [labels.get(scope, scope) for scope in scopes]
    lines: dict[str, list[str]] = {}
    for scope in scopes:
        if scope in labels:
            lines.setdefault(str(_NOUNS[_noun(scope)]), []).append(str(_verb(scope)))
        else:
            lines[scope] = []
    return [
        _("%(noun)s: %(verbs)s") % {"noun": noun, "verbs": ", ".join(verbs)} if verbs else noun
        for noun, verbs in lines.items()
    ]


def clean_scopes(form: forms.Form, values: Mapping[str, Any]) -> list[str] | None:
    """What a form with `access` and `scopes` asks for; None after an error was put to it."""
    offered = [str(value) for value, _label in form.fields["scopes"].choices]  # type: ignore[attr-defined]  # a choice field
    found = scopes_of(values.get("access") or Access.CHOSEN, values.get("scopes") or (), offered)
    if not found and "scopes" not in form.errors:
        form.add_error("scopes", _("Choose at least one thing that it may do."))
    return found or None


def _noun(scope: str) -> str:
    return scope.partition(".")[0]


def _verb(scope: str) -> Text:
    return _OWN_WORDS.get(scope) or _VERBS[scope.partition(".")[2]]
