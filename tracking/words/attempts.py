"""An attempt in words: who was asked, what was answered, what that means."""

from collections.abc import Mapping
from typing import Any, Final

from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from delivery.models import AttemptState
from delivery.selectors.attempts import AttemptRow
from relay_saas.mail.replies import Stage
from tracking.words.advice import advice
from tracking.words.classes import class_label
from tracking.words.step import State, Step
from tracking.words.waits import clock

_STATES: Final[Mapping[AttemptState, State]] = {
    AttemptState.DELIVERED: "ok",
    AttemptState.DEFERRED: "info",
    AttemptState.BOUNCED: "danger",
    AttemptState.FAILED: "danger",
    AttemptState.SUPPRESSED: "warning",
    AttemptState.EXPIRED: "danger",
    AttemptState.CANCELLED: "neutral",
    AttemptState.IN_DOUBT: "warning",
    AttemptState.DOUBTED: "warning",
}
_SENTENCES: Final[Mapping[AttemptState, str]] = {
    AttemptState.DELIVERED: gettext_noop(
        "The recipient’s mail server took it over. From here on it is theirs."
    ),
    AttemptState.DEFERRED: gettext_noop("The recipient’s mail server did not take it this time: %(why)s."),
    AttemptState.BOUNCED: gettext_noop("The recipient’s mail server refused it for good: %(why)s."),
    AttemptState.FAILED: gettext_noop("It could not be made or sent: %(why)s."),
    AttemptState.SUPPRESSED: gettext_noop("It was stopped before sending: %(why)s."),
    AttemptState.EXPIRED: gettext_noop(
        "It was given up: no server took it until the time for retries was over."
    ),
    AttemptState.CANCELLED: gettext_noop("It was cancelled before its turn came."),
    AttemptState.IN_DOUBT: gettext_noop(
        "It was sent whole, but the connection broke before the answer came: it may have arrived."
    ),
    AttemptState.DOUBTED: gettext_noop("It was sent whole, but the connection broke before the answer came."),
}
_NOBODY: Final = gettext_noop("No server was reached.")
_LATE: Final = gettext_noop(
    "A report came back later, after the server had taken it: it was not delivered in the end (%(why)s)."
)
_PHASES: Final[Mapping[str, str]] = {
    "connect": gettext_noop("connecting %(n)s ms"),
    "banner": gettext_noop("greeting %(n)s ms"),
    "ehlo": gettext_noop("EHLO %(n)s ms"),
    "tls": gettext_noop("encryption %(n)s ms"),
    "ehlo_tls": gettext_noop("EHLO in TLS %(n)s ms"),
    "mail": gettext_noop("sender %(n)s ms"),
    "rcpt": gettext_noop("recipient %(n)s ms"),
    "data": gettext_noop("DATA %(n)s ms"),
    "dot": gettext_noop("message %(n)s ms"),
}


def attempt_step(row: AttemptRow, transcript: str) -> Step:
    """One attempt."""
    return Step(
        kind="attempt",
        state=_STATES[row.state],
        at=row.at,
        title=_("Attempt %(n)s: %(state)s") % {"n": row.number, "state": row.state.label},
        text=_sentence(row),
        next=advice(row.state, row.category),
        facts=tuple(_facts(row)),
        reply=row.reply,
        transcript=transcript,
        details=_details(row),
    )


def _sentence(row: AttemptRow) -> str:
    why = class_label(row.category) if row.category else _("no reason was given")
    if row.stage == Stage.OUT_OF_BAND and row.state is AttemptState.BOUNCED:
        return _(_LATE) % {"why": why}
    if row.state is AttemptState.DEFERRED and not row.code and not row.reply:
        text = _(_NOBODY)
    else:
        text = _(_SENTENCES[row.state]) % {"why": why}
    if row.state is AttemptState.DEFERRED and row.next_attempt_at:
        text += " " + _("It is tried again at %(at)s.") % {"at": clock(row.next_attempt_at)}
    return text


def _facts(row: AttemptRow) -> list[str]:
    facts = []
    if row.host:
        place = f" [{row.peer_address}]:{row.peer_port}" if row.peer_address else ""
        facts.append(_("server %(host)s") % {"host": row.host} + place)
        facts.append(_encryption(row))
    if row.size is not None:
        facts.append(str(filesizeformat(row.size)))
    if row.helo:
        facts.append(_("from %(name)s [%(address)s]") % {"name": row.helo, "address": row.source_address})
    facts += [_(_PHASES[name]) % {"n": n} for name, n in row.phases.items() if name in _PHASES]
    if row.rule:
        facts.append(_("rule %(rule)s") % {"rule": row.rule})
    return facts


def _encryption(row: AttemptRow) -> str:
    if row.tls_cipher:
        return f"{row.tls_version} {row.tls_cipher}"
    if row.tls is None:
        return _("encryption not known")
    return "TLS" if row.tls else _("not encrypted")


def _details(row: AttemptRow) -> dict[str, Any]:
    return {
        "attempt": row.number,
        "state": row.state.name.lower(),
        "category": row.category or None,
        "code": row.code,
        "enhanced": row.enhanced or None,
        "stage": row.stage or None,
        "reply": row.reply or None,
        "rule": row.rule or None,
        "host": row.host or None,
        "address": row.peer_address or None,
        "port": row.peer_port,
        "tls": row.tls,
        "tls_version": row.tls_version or None,
        "tls_cipher": row.tls_cipher or None,
        "source": row.source_address or None,
        "helo": row.helo or None,
        "size": row.size,
        "timings_ms": row.phases,
        "next_attempt_at": row.next_attempt_at,
    }
