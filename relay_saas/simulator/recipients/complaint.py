"""Complaints: RFC 5965 with and without the recipient, and the shape of Microsoft's feedback loop."""

import re
from collections.abc import Callable
from typing import Final

from relay_saas.simulator.recipients.letter import Occasion, lines, multipart

_TO: Final = re.compile(r"(?im)^(to|cc|x-original-to|delivered-to):[^\r\n]*(?:\r\n[ \t][^\r\n]*)*")
_ADDRESS: Final = re.compile(r"<?([^<>\s;]+@[^<>\s;]+)>?")


def complaint(shape: str, about: Occasion) -> bytes:
    """The report in the shape of that name."""
    return SHAPES[shape](about)


def complaint_address(about: Occasion) -> str:
    """Where it goes: the message's CFBL-Address (RFC 9477), else its return path."""
    asked = _ADDRESS.match(str(about.head.get("CFBL-Address", "")).strip())
    return asked[1] if asked else about.mail_from


def arf(about: Occasion) -> bytes:
    """Everything: the recipient, and the message as it came."""
    copy = lines("Content-Type: message/rfc822", "") + about.raw.decode("utf-8", "replace")
    return _arf(about, copy, f"Original-Rcpt-To: {about.rcpt}")


def redacted(about: Occasion) -> bytes:
    """Without any word of who complained."""
    headers = _TO.sub(r"\1: redacted@redacted.invalid", about.headers)
    return _arf(about, lines("Content-Type: text/rfc822-headers", "") + headers)


def _arf(about: Occasion, copy: str, *more: str) -> bytes:
    boundary = about.unique("part")
    head = lines(
        f"From: Feedback Loop <feedbackloop@{about.domain}>",
        f"To: {complaint_address(about)}",
        "Subject: FW: Complaint about a message",
        f"Date: {about.date}",
        f"Message-ID: <{about.unique('complaint')}@{about.host}>",
        "MIME-Version: 1.0",
        f'Content-Type: multipart/report; report-type=feedback-report; boundary="{boundary}"',
    )
    text = lines(
        "Content-Type: text/plain; charset=us-ascii",
        "",
        f"This is an email abuse report for a message received from {about.client} on {about.date}.",
    )
    report = lines(
        "Content-Type: message/feedback-report",
        "",
        "Feedback-Type: abuse",
        f"User-Agent: {about.domain}-feedback/1.0",
        "Version: 1",
        f"Original-Mail-From: <{about.mail_from}>",
        *more,
        f"Arrival-Date: {about.date}",
        f"Source-IP: {about.client}",
        f"Reporting-MTA: dns; {about.host}",
    )
    return multipart(head, boundary, text, report, copy)


def microsoft(about: Occasion) -> bytes:
    """Only the message, attached, with the recipient in a header of its own."""
    boundary = about.unique("part")
    head = lines(
        f"From: staff@{about.domain}",
        f"To: {complaint_address(about)}",
        f"Subject: complaint about message from {about.client}",
        f"Date: {about.date}",
        f"Message-ID: <{about.unique('complaint')}@{about.host}>",
        "MIME-Version: 1.0",
        f'Content-Type: multipart/mixed; boundary="{boundary}"',
    )
    copied = lines("Content-Type: message/rfc822", "Content-Disposition: inline", "")
    copied += f"X-HmXmrOriginalRecipient: {about.rcpt}\r\n" + about.raw.decode("utf-8", "replace")
    return multipart(head, boundary, copied)


SHAPES: Final[dict[str, Callable[[Occasion], bytes]]] = {
    "arf": arf,
    "redacted": redacted,
    "microsoft": microsoft,
}
