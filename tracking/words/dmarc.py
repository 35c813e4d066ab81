"""DMARC's figures and the advice about the policy, in words."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from relay_saas.mail.dmarc_reports.advice import (
    DAYS_TO_REJECT,
    FEWEST_DAYS,
    FEWEST_MESSAGES,
    FEWEST_REPORTERS,
    Advice,
    Verdict,
)
from relay_saas.mail.dmarc_reports.sources import FORWARDED, Origin
from tracking.selectors.dmarc import SourceLine

_TITLES: Final[Mapping[Verdict, str]] = {
    Verdict.NO_DATA: gettext_noop("No report has come yet"),
    Verdict.TOO_EARLY: gettext_noop("Too early to say"),
    Verdict.FIX_OURS: gettext_noop("Do not tighten the policy yet: some of your own mail fails"),
    Verdict.FIX_KNOWN: gettext_noop(
        "Do not tighten the policy yet: mail from services that you may use fails"
    ),
    Verdict.TO_QUARANTINE: gettext_noop("Safe to move to p=quarantine"),
    Verdict.TO_REJECT: gettext_noop("Safe to move to p=reject"),
    Verdict.WAIT: gettext_noop("Stay at p=quarantine a little longer"),
    Verdict.KEEP: gettext_noop("All is well: forged mail is refused"),
}
_REASONS: Final[Mapping[Verdict, str]] = {
    Verdict.NO_DATA: gettext_noop(
        "Receivers send their reports once a day, to the address in the DMARC record. The first ones "
        "come a day or two after the first mail."
    ),
    Verdict.TOO_EARLY: gettext_noop(
        "There are figures of %(days)s days, %(reporters)s receivers and %(messages)s messages. At "
        "least %(least_days)s days, %(least_reporters)s receivers and %(least_messages)s messages are "
        "needed."
    ),
    Verdict.FIX_OURS: gettext_noop(
        "%(ours_failing)s of %(ours)s messages that left from here did not pass. Look at the DNS "
        "records of this domain first: a stricter policy would stop them."
    ),
    Verdict.FIX_KNOWN: gettext_noop(
        "%(known_failing)s of %(known)s messages from the known sources below did not pass. Let those "
        "services sign with your domain. If you do not use one of them, its mail is forged, and the "
        "policy may stop it."
    ),
    Verdict.TO_QUARANTINE: gettext_noop(
        "In %(days)s days your own %(messages)s messages passed, but for a few that were forwarded. "
        "What is not yours goes to the spam folder then (%(unknown)s messages lately)."
    ),
    Verdict.TO_REJECT: gettext_noop(
        "In %(days)s days your own %(messages)s messages passed, but for a few that were forwarded. "
        "What is not yours is refused then (%(unknown)s messages lately)."
    ),
    Verdict.WAIT: gettext_noop(
        "%(least_reject)s days of figures are needed before mail is refused; there are %(days)s."
    ),
    Verdict.KEEP: gettext_noop("Go on looking here when you begin to use another service for your mail."),
}
_KINDS: Final[Mapping[Verdict, str]] = {
    Verdict.FIX_OURS: "danger",
    Verdict.FIX_KNOWN: "warning",
    Verdict.TO_QUARANTINE: "ok",
    Verdict.TO_REJECT: "ok",
    Verdict.KEEP: "ok",
}
ORIGINS: Final[Mapping[Origin, str]] = {
    Origin.OURS: gettext_noop("This relay"),
    Origin.KNOWN: gettext_noop("Known source"),
    Origin.UNKNOWN: gettext_noop("Unknown source"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """The advice as a page shows it."""

    kind: str
    title: str
    text: str
    #: The DMARC record to set, "" where nothing is to be changed.
    record: str = ""


def tell(advice: Advice, found: str) -> Told:
    """The advice, its reason, and the record; `found` is the DMARC record as DNS has it."""
    values = dict(advice.values) | {
        "least_days": FEWEST_DAYS,
        "least_reporters": FEWEST_REPORTERS,
        "least_messages": FEWEST_MESSAGES,
        "least_reject": DAYS_TO_REJECT,
    }
    policy = {Verdict.TO_QUARANTINE: "quarantine", Verdict.TO_REJECT: "reject"}.get(advice.verdict)
    return Told(
        kind=_KINDS.get(advice.verdict, "info"),
        title=_(_TITLES[advice.verdict]),
        text=_(_REASONS[advice.verdict]) % values,
        record=with_policy(found, policy) if policy and found else "",
    )


def with_policy(record: str, policy: str) -> str:
    """A DMARC record with another policy and everything else as it was."""
    parts = [part.strip() for part in record.split(";") if part.strip()]
    changed = [f"p={policy}" if part.lower().replace(" ", "").startswith("p=") else part for part in parts]
    return "; ".join(changed)


def origin_label(origin: Origin) -> str:
    """Whose server it was."""
    return _(ORIGINS[origin])


def source_name(line: SourceLine) -> str:
    """The name of a source, where it has one."""
    return _("forwarded by a recipient’s server") if line.name == FORWARDED else line.name
