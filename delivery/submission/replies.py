"""From our errors to what SMTP clients are told (RFC 5321, RFC 3463): one line, one enhanced code each."""

import re
from collections.abc import Mapping
from typing import Final

from accounts.exceptions import (
    CredentialDayReached,
    CredentialRateReached,
    DomainNotVerified,
    DomainOfAnotherStream,
)
from campaigns.exceptions import TemplateNotRendered
from delivery.exceptions import BadSubmission, NoEgress
from relay_saas.web.errors import RelayError

TRY_LATER: Final = "451 4.3.0 Not accepted now, try again later"
_HAS_CODE: Final = re.compile(r"\d{3}[ -][245]\.\d{1,3}\.\d{1,3}(?: |$)")
#: For what aiosmtpd itself answers.
_DEFAULTS: Final[Mapping[str, str]] = {
    "221": "2.0.0",
    "250": "2.0.0",
    "252": "2.1.5",
    "421": "4.3.0",
    "500": "5.5.2",
    "501": "5.5.4",
    "502": "5.5.1",
    "503": "5.5.1",
    "504": "5.5.4",
    "554": "5.5.0",
}
_OF_CODES: Final[Mapping[str, str]] = {
    "from_not_allowed": "550 5.7.1",
    "domain_not_verified": "550 5.7.1",
    "domain_of_another_stream": "550 5.7.1",
    "bad_sender": "550 5.7.1",
    "from_name": "550 5.7.1",
    "from_count": "550 5.6.0",
    "bad_from": "550 5.1.7",
    "loop": "554 5.4.6",
    "other_body": "554 5.5.0",
    "too_many_recipients": "550 5.5.3",
    "bad_octets": "554 5.6.7",
    "not_ascii": "554 5.6.7",
    "bad_address_field": "554 5.6.7",
    "bad_option": "550 5.5.4",
    "unknown_option": "550 5.5.4",
    "bad_tags": "550 5.5.4",
    "bad_metadata": "550 5.5.4",
    "unknown_template": "550 5.5.4",
    "template_needs_text": "550 5.5.4",
}
_WHERE: Final = re.compile(r"[^ -~]+")


def of_error(error: RelayError) -> str:
    """The reply for a message that was not accepted."""
    if isinstance(error, CredentialRateReached):
        return "452 4.7.1 The credential's limit for this minute is reached, try again later"
    if isinstance(error, CredentialDayReached):
        return "452 4.7.1 The credential's limit for this day is reached"
    if isinstance(error, NoEgress):
        return TRY_LATER
    if isinstance(error, (DomainNotVerified, DomainOfAnotherStream)):
        field = _field(error)
        other = isinstance(error, DomainOfAnotherStream)
        why = "belongs to another stream" if other else "is no verified domain of your organization"
        return f"550 5.7.1 The domain in {field} {why}"
    if isinstance(error, (BadSubmission, TemplateNotRendered)):
        problem = error.errors[0] if error.errors else None
        code = problem.code if problem else error.code
        text = str(problem.detail) if problem else str(error)
        return f"{_OF_CODES.get(code, '554 5.6.0')} {_plain(text)}"
    return f"554 5.6.0 {_plain(str(error))}"


def with_code(reply: str) -> str:
    """The reply with an enhanced code, whoever made it."""
    reply = reply.replace(" Error: ", " ", 1)
    default = _DEFAULTS.get(reply[:3])
    if default is None or _HAS_CODE.match(reply):
        return reply
    return f"{reply[:4]}{default} {reply[4:]}"


def _field(error: RelayError) -> str:
    return error.errors[0].pointer.rpartition("/")[2] if error.errors else "From"


def _plain(text: str) -> str:
    return _WHERE.sub("?", text)[:400]
