"""Complaints of recipients: ARF (RFC 5965, redacted as RFC 6590 too), Microsoft's JMRP, CFBL (RFC 9477).

What a report says of itself proves nothing: it is anybody's mail. Only a token of ours inside it tells which
message it is about. Those in the fields that we alone write come first: they outlive the redaction of
addresses, and a body may quote other mail of ours.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from email.message import Message
from typing import Final

from relay_saas.mail.mime_reader import Part, field, headers_of, split
from relay_saas.mail.tokens import LENGTH

#: Characters in which tokens are looked for, and tokens that are tried.
_READ: Final = 200_000
_TOKENS: Final = 40

_REPORT: Final = "message/feedback-report"
_ORIGINALS: Final = frozenset(
    {"message/rfc822", "text/rfc822-headers", "message/rfc822-headers", "message/global"}
)
#: Lines of a header may be folded inside a token only where the server that quotes them broke them.
_AT: Final = re.compile(rf"(?<![A-Za-z0-9])([A-Za-z2-7]{{{LENGTH}}})@([A-Za-z0-9.-]{{4,255}})")
_LINK: Final = re.compile(
    rf"//([A-Za-z0-9.-]{{4,255}})(?::\d{{1,5}})?/[a-z]/([A-Za-z2-7]{{{LENGTH}}})(?![A-Za-z0-9])"
)
#: Folded or not: RFC 9477 §5.2 lets blanks stand anywhere in an identifier.
_OWN: Final = re.compile(r"(?im)^(?:x-relay-trace|cfbl-feedback-id):((?:[^\r\n]|\r?\n[ \t]){0,600})(?=\r?$)")
_OWN_VALUE: Final = re.compile(rf"([A-Za-z2-7]{{{LENGTH}}})(?:@([A-Za-z0-9.-]{{4,255}}))?")
#: What names the sending domain where no address does: a signature's `d=`, RFC 5965's Reported-Domain.
_DOMAIN: Final = re.compile(r"(?im)(?:[ \t;]d=|^reported-domain:[ \t]*)([a-z0-9.-]{4,255})")
_MESSAGE_ID: Final = re.compile(r"<([0-9a-f]{32})@([A-Za-z0-9.-]{4,255})>")


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """A complaint report; its texts are the sender's word."""

    #: abuse, fraud, virus, other, not-spam, opt-out, …
    feedback_type: str
    user_agent: str = ""
    source_ip: str = ""
    original_recipient: str = ""
    #: Token and host of each place that may be ours; whoever holds the keys decides.
    tokens: tuple[tuple[str, str], ...] = ()
    #: Unsigned: 32 hexadecimal digits of a Message-ID in our form, and its domain.
    message_id: tuple[str, str] | None = None

    @property
    def unwanted(self) -> bool:
        """Whether a person does not want this mail; such reports also tell of the opposite."""
        return self.feedback_type not in {"not-spam", "auth-failure", "dmarc"}


def read_complaint(headers: Message, parts: Sequence[Part]) -> Complaint | None:
    """The complaint that a mail is, from its header and parts; None where it is none."""
    report = next((part for part in parts if part.kind == _REPORT), None)
    original = next((part for part in parts if part.kind in _ORIGINALS), None)
    if report is not None:
        said = headers_of(report.octets().strip())
        return _complaint(
            (field(said, "Feedback-Type") or "other").strip().lower()[:40],
            said,
            [report, *([original] if original is not None else [])],
        )
    if original is not None and _from_microsoft(headers, original):
        return _complaint("abuse", headers_of(split(original.octets())[0]), [original])
    return None


def _from_microsoft(headers: Message, original: Part) -> bool:
    """JMRP forwards the message itself, with one header more (and no machine-readable report)."""
    head = headers_of(split(original.octets())[0])
    sender = (field(headers, "From") or "").lower()
    return "X-HmXmrOriginalRecipient" in head or (
        "staff@hotmail.com" in sender
        and (field(headers, "Subject") or "").lower().startswith("complaint about")
    )


def _complaint(kind: str, said: Message, sources: Sequence[Part]) -> Complaint:
    texts = [source.octets()[:_READ].decode("latin-1") for source in sources]
    heads = "\n".join(split(source.octets().lstrip())[0][:_READ].decode("latin-1") for source in sources)
    identifier = next((found for text in texts if (found := _MESSAGE_ID.search(text))), None)
    recipient = field(said, "Original-Rcpt-To") or field(said, "X-HmXmrOriginalRecipient") or ""
    return Complaint(
        feedback_type=kind,
        user_agent=(field(said, "User-Agent") or "")[:200],
        source_ip=(field(said, "Source-IP") or "")[:60],
        original_recipient=recipient.strip("<> ")[:320],
        tokens=_distinct([*own_tokens(heads), *tokens_in("\n".join(texts))]),
        message_id=(identifier[1], identifier[2].lower()) if identifier is not None else None,
    )


def own_tokens(heads: str) -> list[tuple[str, str]]:
    """Token and host of X-Relay-Trace, then of CFBL-Feedback-ID, whose host other fields tell."""
    values = [_OWN_VALUE.fullmatch("".join(found[1].split())) for found in _OWN.finditer(heads)]
    found = [value.groups() for value in values if value is not None]
    hosts = [match[1] for match in _DOMAIN.finditer(heads)] + [
        match[2] for match in _MESSAGE_ID.finditer(heads)
    ]
    whole = [(token, host.lower()) for token, host in found if host]
    return whole + [
        (token, host.lower()) for token, bare in found if not bare for host in dict.fromkeys(hosts)
    ]


def tokens_in(text: str) -> list[tuple[str, str]]:
    """What may be tokens of ours in a text: as an address and as a link, each with its host."""
    # Quoted-printable breaks long lines with "=", and header fields are folded.
    text = text.replace("=\r\n", "").replace("=\n", "")
    found = [(match[1], match[2].lower()) for match in _AT.finditer(text)]
    return found + [(match[2], match[1].lower()) for match in _LINK.finditer(text)]


def _distinct(tokens: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    return tuple(dict.fromkeys(tokens))[:_TOKENS]
