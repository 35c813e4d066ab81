"""Writes delivery status notifications (RFC 3461, RFC 3464, RFC 6522, RFC 6533)."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from relay_saas.mail.dsn import Action
from relay_saas.mail.encoding import body_part
from relay_saas.mail.headers import encode_address, encode_text, format_date

#: A diagnostic is cut there: a remote server may say anything.
_DIAGNOSTIC: Final = 900
_LINE: Final = 76
_XTEXT: Final = re.compile(r"\+([0-9A-F]{2})")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedRecipient:
    """What became of one recipient."""

    address: str
    action: Action
    #: Enhanced status code.
    status: str
    #: `type;address` as the sender gave it (ORCPT, decoded); "" where nothing was given.
    original: str = ""
    #: The remote server's words; "" where nobody answered.
    diagnostic: str = ""
    remote_mta: str = ""
    last_attempt: datetime | None = None
    #: Of a delay: until when it is tried.
    tried_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryReport:
    """One report; `text` is for people, in their language."""

    sender_name: str
    sender: str
    to: str
    subject: str
    text: str
    reporting_mta: str
    arrived_at: datetime
    at: datetime
    message_id: str
    recipients: Sequence[ReportedRecipient]
    #: What MAIL FROM called the message (ENVID, decoded); "" where it did not.
    envelope_id: str = ""
    #: Header fields of the message, and its body where the sender wants it all back (RET=FULL).
    head: bytes = b""
    body: bytes | None = None


def decode_xtext(value: str) -> str:
    """A parameter's value as it was meant (RFC 3461 §4); what is no xtext stays as it is."""
    return _XTEXT.sub(lambda found: chr(int(found[1], 16)), value)


def build_report(report: DeliveryReport) -> bytes:
    """The whole message, lines ending in CRLF; it is to be sent from `<>`."""
    boundary = f"=_report_{report.message_id.partition('@')[0]}"
    mailbox = encode_address(report.sender_name, report.sender, len("From: "))
    head = [
        f"From: {mailbox}",
        f"To: {encode_address('', report.to, len('To: '))}",
        f"Subject: {encode_text(report.subject, len('Subject: '))}",
        f"Date: {format_date(report.at)}",
        f"Message-ID: <{report.message_id}>",
        "Auto-Submitted: auto-replied",
        "MIME-Version: 1.0",
        f'Content-Type: multipart/report; report-type=delivery-status;\r\n boundary="{boundary}"',
    ]
    parts = [_text(report.text), _status(report), _returned(report)]
    pieces = ["\r\n".join(head).encode(), b"\r\n\r\n"]
    for part in parts:
        pieces += [b"--" + boundary.encode() + b"\r\n", part]
    pieces.append(b"--" + boundary.encode() + b"--\r\n")
    return b"".join(pieces)


def _text(text: str) -> bytes:
    encoding, body = body_part(text)
    return (
        f"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n".encode()
        + body
        + b"\r\n"
    )


def _status(report: DeliveryReport) -> bytes:
    international = not all(
        (one.address + one.original + one.diagnostic).isascii() for one in report.recipients
    )
    kind = "message/global-delivery-status" if international else "message/delivery-status"
    head = [f"Content-Type: {kind}"]
    if international:
        head.append("Content-Transfer-Encoding: 8bit")
    about = [f"Reporting-MTA: dns; {report.reporting_mta}"]
    if report.envelope_id:
        about.append(f"Original-Envelope-Id: {_one_line(report.envelope_id)}")
    about.append(f"Arrival-Date: {format_date(report.arrived_at)}")
    groups = ["\r\n".join(about), *("\r\n".join(_group(one)) for one in report.recipients)]
    return ("\r\n".join(head) + "\r\n\r\n" + "\r\n\r\n".join(groups) + "\r\n\r\n").encode()


def _group(one: ReportedRecipient) -> Iterator[str]:
    if one.original:
        yield f"Original-Recipient: {_one_line(one.original)}"
    kind = "rfc822" if one.address.isascii() else "utf-8"
    yield f"Final-Recipient: {kind}; {one.address}"
    yield f"Action: {one.action}"
    yield f"Status: {one.status}"
    if one.remote_mta:
        yield f"Remote-MTA: dns; {_one_line(one.remote_mta)}"
    if one.diagnostic:
        yield _folded(f"Diagnostic-Code: smtp; {_one_line(one.diagnostic)[:_DIAGNOSTIC]}")
    if one.last_attempt is not None:
        yield f"Last-Attempt-Date: {format_date(one.last_attempt)}"
    if one.tried_until is not None:
        yield f"Will-Retry-Until: {format_date(one.tried_until)}"


def _returned(report: DeliveryReport) -> bytes:
    whole = report.body is not None
    octets = report.head + (b"\r\n" + report.body if report.body is not None else b"")
    ascii_only = octets.isascii()
    if whole:
        kind = "message/rfc822" if report.head.isascii() else "message/global"
    else:
        kind = "text/rfc822-headers" if ascii_only else "message/global-headers"
    encoding = "7bit" if ascii_only else "8bit"
    head = f"Content-Type: {kind}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n".encode()
    return head + octets + (b"" if octets.endswith(b"\r\n") else b"\r\n") + b"\r\n"


def _one_line(value: str) -> str:
    """Without anything that could end the line or hide in it."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in value).split())


def _folded(line: str) -> str:
    """At blanks, so that no line is long; a longer word stays whole up to what a line may hold."""
    lines: list[str] = []
    current = ""
    for word in line.split(" "):
        if current and len(current) + 1 + len(word) > _LINE:
            lines.append(current)
            current = f" {word}"
        else:
            current = f"{current} {word}" if current else word
    return "\r\n".join([*lines, current])
