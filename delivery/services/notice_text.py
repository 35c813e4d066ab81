"""What a report says: the fate of each recipient, for programs and for people."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.template.loader import render_to_string
from django.utils import timezone, translation

from accounts.models import Tenant
from accounts.services.post import zone
from delivery.models import AttemptState, NoticeRequest
from delivery.selectors.attempts import AttemptRow
from delivery.services.notice_requests import FAILURE, SUCCESS
from relay_saas.mail.delivery_report import ReportedRecipient, decode_xtext
from relay_saas.mail.dsn import Action

#: What a state means to the sender: the action, and the status where no server gave one.
_FATES: Final = {
    AttemptState.BOUNCED: (Action.FAILED, "5.0.0"),
    AttemptState.FAILED: (Action.FAILED, "5.0.0"),
    AttemptState.EXPIRED: (Action.FAILED, "4.4.7"),
    AttemptState.SUPPRESSED: (Action.FAILED, "5.7.1"),
    # The next server may know nothing of reports: RFC 3461 §5.2.2.
    AttemptState.DELIVERED: (Action.RELAYED, "2.0.0"),
}
_OWN_STATUS: Final = frozenset({AttemptState.EXPIRED, AttemptState.SUPPRESSED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """One recipient's, as programs read it, and the word that the text knows it by."""

    recipient: ReportedRecipient
    #: `refused`, `expired`, `suppressed`, `relayed` or `delayed`.
    word: str


def last_word(request: NoticeRequest, attempts: Sequence[AttemptRow]) -> Fate | None:
    """What a message that is over is to be reported as; None where nobody asked, or nobody can say."""
    last = attempts[-1]
    if last.state not in _FATES:
        return None
    action, status = _FATES[last.state]
    if (SUCCESS if action is Action.RELAYED else FAILURE) not in request.notify:
        return None
    if last.state not in _OWN_STATUS and last.enhanced[:1] == ("2" if action is Action.RELAYED else "5"):
        status = last.enhanced
    words = {AttemptState.EXPIRED: "expired", AttemptState.SUPPRESSED: "suppressed"}
    word = words.get(last.state, "relayed" if action is Action.RELAYED else "refused")
    return Fate(recipient=_recipient(request, attempts, action, status, None), word=word)


def delay(request: NoticeRequest, attempts: Sequence[AttemptRow], tried_until: datetime) -> Fate:
    """A message that still waits."""
    last = attempts[-1] if attempts else None
    status = last.enhanced if last is not None and last.enhanced[:1] == "4" else "4.4.7"
    return Fate(recipient=_recipient(request, attempts, Action.DELAYED, status, tried_until), word="delayed")


def _recipient(
    request: NoticeRequest,
    attempts: Sequence[AttemptRow],
    action: Action,
    status: str,
    tried_until: datetime | None,
) -> ReportedRecipient:
    # An attempt that no server answered says less than the one before it.
    said = next((one for one in reversed(attempts) if one.code is not None), None)
    kind, separator, address = request.original.partition(";")
    return ReportedRecipient(
        address=attempts[-1].rcpt if attempts else decode_xtext(address),
        action=action,
        status=status,
        original=f"{kind}{separator}{decode_xtext(address)}",
        diagnostic=_said(said) if said is not None else "",
        remote_mta=said.host if said is not None else "",
        last_attempt=said.at if said is not None else None,
        tried_until=tried_until,
    )


def _said(attempt: AttemptRow) -> str:
    start = f"{attempt.code} {attempt.enhanced}".strip()
    return attempt.reply if attempt.reply.startswith(str(attempt.code)) else f"{start} {attempt.reply}"


def words_for(*, tenant: Tenant, subject: str, fates: Sequence[Fate]) -> tuple[str, str]:
    """Subject and text in the organization's language."""
    actions = {fate.recipient.action for fate in fates}
    context = {"subject": subject, "fates": fates, "action": min(actions, key=list(Action).index)}
    with translation.override(tenant.locale), timezone.override(zone(tenant.time_zone)):
        line = " ".join(render_to_string("mail/bounce_notice_subject.txt", context).split())
        return line, render_to_string("mail/bounce_notice.txt", context).strip() + "\n"
