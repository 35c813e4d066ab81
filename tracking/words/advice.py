"""What to do next about a message, by its state and the class of the last answer."""

from collections.abc import Mapping
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from delivery.models import AttemptState

_BY_ITSELF: Final = gettext_noop("Nothing to do: it is tried again by itself.")
_RECORDS: Final = gettext_noop(
    "Look at the DNS records of the sending domain and have them checked: they do not prove who you are."
)
_CONTENT: Final = gettext_noop(
    "Look at the text and at where its links lead, and do not send it again unchanged."
)
_ADDRESS: Final = gettext_noop(
    "Ask the person for another address. This one gets no more mail, so that your reputation keeps."
)
#: After an attempt that leaves the message in the queue.
_WAITING: Final[Mapping[str, str]] = {
    "rate_limited": gettext_noop("Nothing to do: we send more slowly there by ourselves."),
    "greylisted": gettext_noop("Nothing to do: such servers take the second attempt."),
    "mailbox_full": gettext_noop("Nothing to do; if it stays full, ask the person for another address."),
    "auth_failure": _RECORDS,
    "content_spam": _CONTENT,
    "reputation_block": gettext_noop(
        "Nothing to do: the operators see such answers. Mail that people expect keeps them rare."
    ),
}
#: After one that ended it.
_REFUSED: Final[Mapping[str, str]] = {
    "recipient_unknown": _ADDRESS,
    "recipient_inactive": _ADDRESS,
    "domain_bad": gettext_noop("Look for a slip of the pen behind the @. This domain takes no mail."),
    "mailbox_full": gettext_noop("Ask the person, in another way, to make room or for another address."),
    "recipient_refused": gettext_noop("Ask the person, in another way, to let mail from your address in."),
    "content_spam": _CONTENT,
    "content_policy": _CONTENT,
    "auth_failure": _RECORDS,
    "sender_rejected": gettext_noop("See that the sender’s address exists and takes answers."),
    "reputation_block": gettext_noop(
        "Write to the operators with the id of this message; the answer above says who refuses."
    ),
    "protocol": gettext_noop("Write to the operators with the id of this message."),
    "unknown": gettext_noop("Show the answer above to whoever looks after the recipient’s mail server."),
}
_STATES: Final[Mapping[AttemptState, str]] = {
    AttemptState.DELIVERED: gettext_noop(
        "If they do not see it, it is in another folder: spam, promotions, or one of a rule of their own."
    ),
    AttemptState.FAILED: gettext_noop("Write to the operators with the id of this message."),
    AttemptState.SUPPRESSED: gettext_noop(
        "Nothing to do. Only if the person asks for your mail again, remove the entry on the suppressions."
    ),
    AttemptState.EXPIRED: gettext_noop(
        "Show the last answer to whoever looks after the recipient’s mail server."
    ),
    AttemptState.CANCELLED: gettext_noop(
        "Nothing to do. A campaign can be repeated to those who did not get it."
    ),
    AttemptState.IN_DOUBT: gettext_noop(
        "Ask the person whether it came before you send it again. It is not sent twice by itself."
    ),
    AttemptState.DOUBTED: gettext_noop("Nothing to do: it is tried once more with the same Message-ID."),
}


def advice(state: AttemptState, category: str) -> str:
    """The next step after an attempt; never empty."""
    if state is AttemptState.DEFERRED:
        return _(_WAITING.get(category, _BY_ITSELF))
    if state is AttemptState.BOUNCED:
        return _(_REFUSED.get(category, _REFUSED["unknown"]))
    if state is AttemptState.FAILED and category == "auth_failure":
        return _(_RECORDS)
    return _(_STATES[state])
