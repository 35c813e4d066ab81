"""From the octets of a message to everything that will be written of it; asks no database."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.utils.translation import gettext as _

from delivery.exceptions import BadSubmission
from delivery.models.stream import Stream
from delivery.services.literal import UNSUBSCRIBE, Marked, mark
from delivery.services.raw_options import PREFIX, refused, with_header_options
from delivery.services.raw_spec import MAX_RECIPIENTS, RawOptions
from relay_saas.mail.addresses import Address, BadAddress, parse_address
from relay_saas.mail.exceptions import MailError
from relay_saas.mail.from_pattern import permitted
from relay_saas.mail.raw_message import (
    Mailbox,
    RawField,
    RawMessage,
    decoded,
    in_ascii,
    mailbox_of,
    mailboxes_of,
    read_raw,
    sender_of,
)
from relay_saas.mail.raw_parts import TextPart, text_parts
from relay_saas.web.problems import FieldProblem

#: Written by whoever delivers, by signers before us, or by us.
_REMOVED: Final = frozenset(
    {
        "bcc", "resent-bcc", "return-path", "dkim-signature", "domainkey-signature", "authentication-results",
        "received-spf", "delivered-to", "x-original-to", "apparently-to", "errors-to", "feedback-id",
        "cfbl-address", "cfbl-feedback-id",
    }
)  # fmt: skip
#: Ours in marketing mail.
_OF_LISTS: Final = frozenset({"list-unsubscribe", "list-unsubscribe-post", "list-id"})
_CONTENT: Final = frozenset({"content-type", "content-transfer-encoding"})
_BOUNDARY: Final = re.compile(rb"boundary=\"?([^\s\";]{1,70})", re.IGNORECASE)
#: Names in To and Cc that are kept for display.
_SHOWN: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Fingerprint:
    """What makes one recipient's copy the same as an earlier one (models.raw.SubmissionReceipt)."""

    digest: bytes
    witness: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadMail:
    """A message that passed every check which needs no database."""

    options: RawOptions
    envelope_from: str
    #: By key, in the order of the envelope.
    recipients: Mapping[str, Address]
    sender: Mailbox
    #: The domains that must be the organization's: that of From, and that of Sender where there is one.
    domains: tuple[str, ...]
    subject: str
    reply_to: str
    to: tuple[str, ...]
    cc: tuple[str, ...]
    #: What is sent on, without Received, and without Date and Message-ID where they were missing.
    fields: tuple[RawField, ...]
    body: bytes
    has_date: bool
    has_message_id: bool
    #: The texts as templates; None: the body goes out as it came.
    marked: Marked | None
    parts: tuple[TextPart, ...]
    #: By address key; empty where nothing makes the message recognizable.
    fingerprints: Mapping[str, Fingerprint]

    def stored_parts(self) -> list[dict[str, Any]]:
        """`parts` as RawMail keeps them."""
        return [
            {"kind": part.kind, "start": part.start, "end": part.end, "fields": part.fields}
            for part in self.parts
        ]


def read_mail(
    *,
    raw: bytes,
    envelope_from: str,
    recipients: Sequence[str],
    options: RawOptions,
    filled: bytes | None = None,
) -> ReadMail:
    """The message with its envelope; `filled` is what a template made of it.

    Raises BadSubmission, whose first error says what is wrong.
    """
    try:
        message = read_raw(filled or raw)
        # A template that changed between two tries makes no other message of the same.
        original = read_raw(raw) if filled else message
        sender = sender_of(message)
        domains = (parse_address(sender.address).domain, *_domain_of_sender(message))
    except MailError as error:
        problem = FieldProblem(pointer="", code=error.code, detail=str(error))
        raise BadSubmission("bad_message", errors=[problem]) from error
    options = with_header_options(options, message.fields)
    _check_from(sender, options)
    addresses = _addresses(recipients)
    marked, parts = _texts(message, options)
    return ReadMail(
        options=options,
        envelope_from=envelope_from,
        recipients=addresses,
        sender=Mailbox(sender.name, str(parse_address(sender.address))),
        domains=domains,
        subject=decoded(message.first("subject")),
        reply_to=_reply_to(message),
        to=_shown(message, "to"),
        cc=_shown(message, "cc"),
        fields=tuple(_kept(message, options, whole=any(part.fields is None for part in parts))),
        body=message.body,
        has_date=bool(message.all("date")),
        has_message_id=bool(message.all("message-id")),
        marked=marked,
        parts=parts,
        fingerprints=_fingerprints(original, addresses, options),
    )


def _domain_of_sender(message: RawMessage) -> list[str]:
    """RFC 5322 §3.6.2: who sends for somebody else must be one mailbox, and ours to vouch for as well."""
    found = message.all("sender")
    if not found:
        return []
    mailbox = mailbox_of(found[0].value)
    if mailbox is None:
        raise BadSubmission("bad_message", errors=[_of_sender()])
    try:
        return [parse_address(mailbox.address).domain]
    except BadAddress as error:
        raise BadSubmission("bad_message", errors=[_of_sender()]) from error


def _of_sender() -> FieldProblem:
    return FieldProblem(
        pointer="/headers/Sender", code="bad_sender", detail=_("The address in Sender is not valid.")
    )


def _check_from(sender: Mailbox, options: RawOptions) -> None:
    if options.allowed_from and not permitted(parse_address(sender.address), options.allowed_from):
        detail = _("This credential may not send from %(address)s.") % {"address": sender.address}
        raise refused("From", "from_not_allowed", detail)


def _addresses(recipients: Sequence[str]) -> dict[str, Address]:
    if not recipients or len(recipients) > MAX_RECIPIENTS:
        code = "too_many_recipients" if recipients else "required"
        detail = _("A message has 1 to %(limit)s recipients.") % {"limit": MAX_RECIPIENTS}
        problem = FieldProblem(pointer="/recipients", code=code, detail=detail)
        raise BadSubmission("bad_message", errors=[problem])
    found: dict[str, Address] = {}
    for index, text in enumerate(recipients):
        try:
            address = parse_address(text)
        except BadAddress as error:
            problem = FieldProblem(pointer=f"/recipients/{index}", code=error.code, detail=str(error))
            raise BadSubmission("bad_message", errors=[problem]) from error
        found.setdefault(address.key, address)
    return found


def _kept(message: RawMessage, options: RawOptions, *, whole: bool) -> list[RawField]:
    """The fields that are sent on; `whole`: the message is one text, whose type and encoding we write."""
    removed = _REMOVED | (_OF_LISTS if options.stream is Stream.MARKETING else frozenset())
    if whole:
        removed |= _CONTENT
    try:
        return [
            in_ascii(item)
            for item in message.fields
            if item.key not in removed and not item.key.startswith((PREFIX, "arc-"))
        ]
    except MailError as error:
        problem = FieldProblem(pointer="", code=error.code, detail=str(error))
        raise BadSubmission("bad_message", errors=[problem]) from error


def _texts(message: RawMessage, options: RawOptions) -> tuple[Marked | None, tuple[TextPart, ...]]:
    """The texts that each recipient gets with links of their own, where that is asked for and can be done."""
    marketing = options.stream is Stream.MARKETING
    opens, clicks = options.opens_tracked, options.clicks_tracked
    if not (opens or clicks or marketing):
        return None, ()
    parts = tuple(text_parts(message))
    html, text = (
        next((part.text for part in parts if part.kind == kind), None) for kind in ("html", "plain")
    )
    if not (opens or clicks) and not any(UNSUBSCRIBE in (one or "") for one in (html, text)):
        return None, ()
    if html is None and not (clicks or marketing):
        return None, ()
    for asked in dict.fromkeys((clicks, False)):
        try:
            return mark(html, text, marketing=marketing, opens=opens, clicks=asked), parts
        except BadSubmission:
            # A link that cannot be tracked is no reason to refuse a mail that a program made.
            continue
    return None, ()


def _reply_to(message: RawMessage) -> str:
    mailboxes, _whole = mailboxes_of(message.first("reply-to"))
    return mailboxes[0].address if mailboxes else ""


def _shown(message: RawMessage, key: str) -> tuple[str, ...]:
    value = message.first(key)
    if not value:
        return ()
    mailboxes, _whole = mailboxes_of(value)
    return tuple(
        f"{one.name} <{one.address}>" if one.name else one.address
        for one in mailboxes[:_SHOWN]
        if "\0" not in one.name
    )


def _fingerprints(
    message: RawMessage, recipients: Mapping[str, Address], options: RawOptions
) -> dict[str, Fingerprint]:
    credential, family = options.smtp_credential_id, options.key_family_id
    who = f"smtp {credential}" if credential else f"api {family or options.api_key_id}"
    key = options.idempotency_key
    if key:
        body = _hash(_without_boundaries(message))
        return {rcpt: Fingerprint(digest=_hash(who, "key", key, rcpt), witness=body) for rcpt in recipients}
    message_id = message.first("message-id")
    if not message_id or not options.smtp_credential_id:
        return {}
    body = _hash(message.body)
    return {
        rcpt: Fingerprint(
            digest=_hash(who, "id", message_id, rcpt, body), witness=_hash(who, "id", message_id, rcpt)
        )
        for rcpt in recipients
    }


def _without_boundaries(message: RawMessage) -> bytes:
    """The body as it is alike for programs that make new boundaries when they try again."""
    body = message.body
    found = [message.first("content-type").encode(), body]
    names = dict.fromkeys(name for part in found for name in _BOUNDARY.findall(part))
    for number, name in enumerate(names):
        body = body.replace(name, b"=_%d" % number)
    return body


def _hash(*parts: str | bytes) -> bytes:
    digest = hashlib.sha256()
    for part in parts:
        octets = part.encode() if isinstance(part, str) else part
        digest.update(len(octets).to_bytes(8, "big"))
        digest.update(octets)
    return digest.digest()
