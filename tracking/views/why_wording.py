"""The answer to “why did this person not get it?” in plain words."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from campaigns.views.origin import origin_text
from relay_saas.mail.ids import format_id
from tracking.selectors.why_not import Answer, Rule
from tracking.words.classes import class_label
from tracking.words.waits import reason_text

_TITLES: Final[Mapping[Rule, str]] = {
    Rule.NOT_LAUNCHED: gettext_noop("The campaign was not sent yet."),
    Rule.PREPARING: gettext_noop("The messages are being prepared. Look again in a moment."),
    Rule.DELIVERED: gettext_noop("They got it: their mail server accepted it on %(at)s."),
    Rule.WAITING: gettext_noop("It still waits."),
    Rule.BOUNCED: gettext_noop("Their mail server refused it for good on %(at)s."),
    Rule.FAILED: gettext_noop("It could not be made or sent (%(at)s)."),
    Rule.STOPPED: gettext_noop(
        "It was stopped before sending on %(at)s: they unsubscribed or were suppressed."
    ),
    Rule.EXPIRED: gettext_noop(
        "Their mail server did not take it until the time for retries was over on %(at)s."
    ),
    Rule.CANCELLED: gettext_noop("The campaign was cancelled before their turn came (%(at)s)."),
    Rule.IN_DOUBT: gettext_noop("It was sent on %(at)s, but the connection broke before the answer came."),
    Rule.NEWER: gettext_noop("They became a contact on %(at)s, after the campaign was launched."),
    Rule.NOT_ON_LIST: gettext_noop("They are not on the list “%(list)s” that the campaign went to."),
    Rule.JOINED_LATER: gettext_noop(
        "They joined the list “%(list)s” on %(at)s, after the campaign was launched."
    ),
    Rule.UNSUBSCRIBED: gettext_noop("They had left the list “%(list)s” on %(at)s."),
    Rule.SUPPRESSED: gettext_noop("Their address was on the suppressions since %(at)s: %(why)s."),
    Rule.SMTPUTF8: gettext_noop(
        "Their address has letters before the @ that are not plain ASCII; campaigns leave such addresses out."
    ),
    Rule.REPEAT: gettext_noop(
        "The campaign went only to those who had not got the one before it; they had got it, or may"
        " still get it."
    ),
    Rule.UNKNOWN: gettext_noop(
        "Nothing that is known today explains it: a list or a suppression was changed since the launch, or"
        " the record of the message is no longer kept."
    ),
}
_HINTS: Final[Mapping[Rule, str]] = {
    Rule.DELIVERED: gettext_noop(
        "If they do not see it, it is in another folder: spam, promotions, or one of a rule of their own."
    ),
    Rule.IN_DOUBT: gettext_noop("It may have arrived. It is not sent twice by itself."),
    Rule.EXPIRED: gettext_noop("The last answer stands below."),
}
_KINDS: Final[Mapping[Rule, str]] = {
    Rule.DELIVERED: "ok",
    Rule.WAITING: "info",
    Rule.PREPARING: "info",
    Rule.NOT_LAUNCHED: "info",
    Rule.BOUNCED: "danger",
    Rule.FAILED: "danger",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A title, further lines, the server's own words, and `msg_…` where there is a message."""

    kind: str
    title: str
    lines: tuple[str, ...] = ()
    reply: str = ""
    word: str = ""


def tell(answer: Answer) -> Told:
    """The answer as the page shows it."""
    stop, people = answer.suppression, answer.campaign.mailing_list
    title = _(_TITLES[answer.rule]) % {
        "at": date_format(localtime(answer.at), "SHORT_DATETIME_FORMAT") if answer.at else "",
        "list": people.name if people else "",
        "why": stop.get_reason_display() if stop else "",
    }
    return Told(
        kind=_KINDS.get(answer.rule, "warning"),
        title=title,
        lines=tuple(_lines(answer)),
        reply=_reply(answer),
        word=format_id("msg", answer.story.message.id) if answer.story else "",
    )


def _lines(answer: Answer) -> list[str]:
    lines = [_(_HINTS[answer.rule])] if answer.rule in _HINTS else []
    place, story = answer.subscription, answer.story
    if place is not None and answer.rule == Rule.UNSUBSCRIBED:
        origin = origin_text(place.source)
        lines += [one for one in (origin, place.reason) if one]
    if story is None:
        return lines
    if answer.rule == Rule.WAITING:
        lines += dict.fromkeys(reason_text(wait) for wait in story.waits)
    last = story.attempts[-1] if story.attempts else None
    if last is not None and last.category and answer.rule != Rule.WAITING:
        lines.append(class_label(last.category))
    return lines


def _reply(answer: Answer) -> str:
    if answer.suppression is not None:
        return origin_text(answer.suppression.detail)
    if answer.story is None or answer.rule == Rule.DELIVERED:
        return ""
    return next((one.reply for one in reversed(answer.story.attempts) if one.reply), "")
