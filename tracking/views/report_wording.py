"""The words of a report: its tiles beside what is usual, its funnel, and what a reason means."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from tracking.models import Engagement
from tracking.selectors.totals import Totals
from tracking.views.wording import Line

Judgement = Literal["ok", "warning", "danger", ""]
#: From here on mailbox providers begin to block, and shut the door (percent of what was delivered).
COMPLAINTS_WATCH: Final = 0.1
COMPLAINTS_STOP: Final = 0.3
#: What a class of refusal means, and what to do about it.
MEANINGS: Final[Mapping[str, str]] = {
    "recipient_unknown": gettext_noop("The address does not exist. It gets no more mail from you."),
    "recipient_inactive": gettext_noop("The mailbox was closed or is not used any more."),
    "domain_bad": gettext_noop("The part behind the @ has no mail server. Often a typing error."),
    "mailbox_full": gettext_noop("There was no room until the time for retries was over."),
    "recipient_refused": gettext_noop("The recipient’s own settings refuse this mail."),
    "rate_limited": gettext_noop("The receiver limits how fast it takes mail. Nothing is wrong with yours."),
    "greylisted": gettext_noop("The receiver asks everybody to come back a little later."),
    "reputation_block": gettext_noop("The receiver does not trust the sending address or domain now."),
    "content_spam": gettext_noop("A filter took the mail for spam. Look at its words, links and images."),
    "content_policy": gettext_noop(
        "A rule over there forbids something in the mail, an attachment or a link."
    ),
    "auth_failure": gettext_noop("The DNS records of the sending domain did not match. Check the domain."),
    "sender_rejected": gettext_noop("The sender’s address is refused there."),
    "network_temp": gettext_noop("Their server could not be reached until the time for retries was over."),
    "protocol": gettext_noop("Their server and ours did not understand each other. We look into it."),
    "unknown": gettext_noop("Their server gave no reason that we know. Its words stand beside."),
    "unsubscribed": gettext_noop("They left the list between the launch and their turn."),
    "suppressed": gettext_noop("The address must not be mailed, so it was left out."),
    "expired": gettext_noop("Nobody took it in time."),
    "cancelled": gettext_noop("The campaign was ended before their turn."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """One rate with the figure behind it and what is usual for the organization."""

    label: str
    icon: str
    share: str
    #: "9,706 of 10,000".
    figure: str
    usual: str
    kind: Judgement = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """The figures of a campaign under the switch: people alone, or machines, too."""

    totals: Totals
    machines: bool

    def of(self, kind: Engagement.Kind) -> int:
        """Messages with a reaction of this kind; no more than there were."""
        n = self.totals.people(kind) + (self.totals.machines(kind) if self.machines else 0)
        return min(n, self.totals.audience)

    def rate(self, n: int) -> float | None:
        """`n` in percent of what was delivered; None before anything was."""
        return 100 * n / self.totals.delivered if self.totals.delivered else None


def percent(value: float | None, *, digits: int = 1) -> str:
    """`96.2%`, or a dash where there is nothing to divide by."""
    return "–" if value is None else f"{number_format(round(value, digits), decimal_pos=digits)}%"


def figure(n: int) -> str:
    """With grouped digits."""
    return number_format(n, force_grouping=True)


def tiles(counted: Counted, usual: Counted | None) -> list[Tile]:
    """Delivered, clicked, opened, bounced, unsubscribed, complaints; each beside what is usual."""
    totals = counted.totals
    audience = totals.audience
    kinds = Engagement.Kind
    rows = [
        _tile(_("Delivered"), "check", totals.delivered, audience, _delivered(usual)),
        _tile(
            _("Clicked"), "click", counted.of(kinds.CLICKED), totals.delivered, _rate(usual, kinds.CLICKED)
        ),
        _tile(
            _("Opened (for reference)"),
            "mail-opened",
            counted.of(kinds.OPENED),
            totals.delivered,
            _rate(usual, kinds.OPENED),
        ),
        _tile(_("Bounced"), "mail-off", totals.bounced, audience, _bounced(usual)),
        _tile(
            _("Unsubscribed"),
            "user",
            counted.of(kinds.UNSUBSCRIBED),
            totals.delivered,
            _rate(usual, kinds.UNSUBSCRIBED),
            digits=2,
        ),
    ]
    complained = counted.of(kinds.COMPLAINED)
    return [
        *rows,
        _tile(
            _("Complaints"),
            "alert-triangle",
            complained,
            totals.delivered,
            _rate(usual, kinds.COMPLAINED),
            digits=2,
            kind=complaints_kind(counted.rate(complained)),
        ),
    ]


def _tile(
    label: str,
    icon: str,
    n: int,
    whole: int,
    usual: float | None,
    *,
    digits: int = 1,
    kind: Judgement = "",
) -> Tile:
    return Tile(
        label=label,
        icon=icon,
        share=percent(100 * n / whole if whole else None, digits=digits),
        figure=_("%(n)s of %(all)s") % {"n": figure(n), "all": figure(whole)},
        usual=(
            _("your 90-day mean: %(usual)s") % {"usual": percent(usual, digits=digits)}
            if usual is not None
            else _("no campaign of the 90 days before to compare with")
        ),
        kind=kind,
    )


def _rate(usual: Counted | None, kind: Engagement.Kind) -> float | None:
    return usual.rate(usual.of(kind)) if usual else None


def _delivered(usual: Counted | None) -> float | None:
    return usual.totals.share(usual.totals.delivered) if usual else None


def _bounced(usual: Counted | None) -> float | None:
    return usual.totals.share(usual.totals.bounced) if usual else None


def complaints_kind(rate: float | None) -> Judgement:
    """Green below 0.1 %, a warning from there, danger from 0.3 %."""
    if rate is None:
        return ""
    if rate >= COMPLAINTS_STOP:
        return "danger"
    return "warning" if rate >= COMPLAINTS_WATCH else "ok"


def complaints_text(kind: Judgement) -> str:
    """The line in words, so that colour is never alone."""
    words = {
        "ok": _("below the line of 0.1%"),
        "warning": _("over 0.1%: providers begin to put mail into the spam folder"),
        "danger": _("over 0.3%: providers begin to refuse the mail altogether"),
        "": _("nothing delivered yet"),
    }
    return words[kind]


def report_funnel(counted: Counted) -> list[Line]:
    """Audience, delivered, opened (for reference), clicked; each in percent of the audience."""
    totals = counted.totals
    opened, clicked = counted.of(Engagement.Kind.OPENED), counted.of(Engagement.Kind.CLICKED)
    rows = [
        (_("Audience"), totals.audience, ""),
        (_("Delivered"), totals.delivered, _("accepted by the receiving server")),
        (_("Opened"), opened, _("for reference, since many programs hide or fake opens")),
        (_("Clicked"), clicked, ""),
    ]
    return [Line(label=label, n=n, share=totals.share(n), note=note) for label, n, note in rows]


def meaning(category: str) -> str:
    """What a class of refusal means; "" where there is nothing to say."""
    return _(MEANINGS[category]) if category in MEANINGS else ""
