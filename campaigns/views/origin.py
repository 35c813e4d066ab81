"""How a place on a list came to be, and why an address is suppressed, in words."""

from collections.abc import Mapping
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

_WORDS: Final[Mapping[str, str]] = {
    "one_click": gettext_noop("by the unsubscribe button of their mail program"),
    "page": gettext_noop("by themselves, on the unsubscribe page"),
    "undo": gettext_noop("by themselves, taking it back on the unsubscribe page"),
    "contact_deleted": gettext_noop("when the contact was deleted, who had left a list"),
}


def origin_text(source: str) -> str:
    """`one_click`, `import:7` or `person:alice@acme.test` as a phrase; what is unknown stays as it is."""
    kind, _colon, rest = source.partition(":")
    if kind == "person":
        return _("by %(name)s") % {"name": rest}
    if kind == "import":
        return _("by import %(number)s") % {"number": rest}
    return _(_WORDS[source]) if source in _WORDS else source
