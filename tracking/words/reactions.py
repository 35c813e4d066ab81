"""What a person, or a machine in their name, did with a message, in words."""

from collections.abc import Mapping
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from tracking.models import Engagement
from tracking.words.step import Step

_SENTENCES: Final[Mapping[str, str]] = {
    Engagement.Kind.OPENED: gettext_noop("Its pictures were loaded, so it was probably opened."),
    Engagement.Kind.CLICKED: gettext_noop("A link in it was followed."),
    Engagement.Kind.UNSUBSCRIBED: gettext_noop("The person asked for no more such mail; it holds at once."),
    Engagement.Kind.RESUBSCRIBED: gettext_noop("The person took the opt-out back."),
    Engagement.Kind.COMPLAINED: gettext_noop("The person, or their provider, called it spam."),
}
_NEXT: Final[Mapping[str, str]] = {
    Engagement.Kind.COMPLAINED: gettext_noop(
        "All marketing to this person has ended. Ask yourself where the consent came from."
    ),
}
_BY_MACHINE: Final = gettext_noop(
    "A machine did that, not the person: a filter or a program that looks ahead."
)


def reaction_step(one: Engagement) -> Step:
    """One reaction."""
    text = _(_SENTENCES[one.kind])
    if one.machine:
        text += " " + _(_BY_MACHINE)
    facts = [_("link %(n)s") % {"n": one.link_index + 1}] if one.link_index is not None else []
    if one.reason:
        facts.append(one.reason)
    return Step(
        kind="event",
        state="danger" if one.kind == Engagement.Kind.COMPLAINED else "neutral" if one.machine else "info",
        at=one.at,
        title=one.get_kind_display(),
        text=text,
        next=_(_NEXT[one.kind]) if one.kind in _NEXT else "",
        facts=tuple(facts),
        details={
            "type": one.kind,
            "machine": one.machine,
            "reason": one.reason or None,
            "link": one.link_index,
            "user_agent": one.user_agent or None,
        },
    )
