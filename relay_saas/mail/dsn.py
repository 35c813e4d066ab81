"""Delivery status notifications that come back to the return path (RFC 3464, RFC 6522, RFC 6533)."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from email.message import Message
from enum import StrEnum

from relay_saas.mail.mime_reader import Part, blocks, field, headers_of, read_parts
from relay_saas.mail.replies import BadReply, Reply, parse_text

_GROUPS_LIMIT = 100
_ADDRESS_LIMIT = 320

_STATUS = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.]*\d)")
_CODE = re.compile(r"(?<![\d.])[45]\d\d[ -]")
_REPORTS = {"message/delivery-status", "message/global-delivery-status"}


class Action(StrEnum):
    """What the reporting server did; only FAILED is a bounce."""

    FAILED = "failed"
    DELAYED = "delayed"
    DELIVERED = "delivered"
    RELAYED = "relayed"
    EXPANDED = "expanded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dsn:
    """The report about one recipient. Texts are displayable and capped; the sender may be anybody."""

    action: Action
    #: Enhanced status code, for example `5.1.1`; None where there was none.
    status: str | None = None
    final_recipient: str | None = None
    original_recipient: str | None = None
    diagnostic: str | None = None
    remote_mta: str | None = None
    reporting_mta: str | None = None

    @property
    def reply(self) -> Reply:
        """What the remote server said, for `bounces.classify` at the out-of-band stage (FAILED is final)."""
        text = (self.diagnostic or "").strip()
        code = _CODE.search(text)
        try:
            # "host mx.example.test said: 550 …": what stands before the code is the reporter's.
            said = parse_text(text[code.start() :].replace("-", " ", 1) if code else text)
        except BadReply:
            said = Reply(code=550, lines=(text,))
            if self.status is not None and self.status[0] in "24":
                said = Reply(code=int(self.status[0]) * 100 + 50, lines=said.lines)
        return Reply(code=said.code, enhanced=said.enhanced or self.status, lines=said.lines)


def parse_dsn(raw: bytes) -> Dsn | None:
    """The report about the first failed recipient, else about the first one; None where it is no DSN."""
    found = parse_reports(raw)
    failed = [dsn for dsn in found if dsn.action is Action.FAILED]
    return next(iter(failed or found), None)


def parse_reports(raw: bytes) -> list[Dsn]:
    """The reports about all recipients of a machine-readable notification."""
    return read_reports(read_parts(raw))


def read_reports(parts: Iterable[Part]) -> list[Dsn]:
    """The same from a mail's parts: those of the first delivery status that names a recipient."""
    for part in parts:
        if part.kind in _REPORTS:
            groups = [headers_of(group) for group in blocks(part.octets(), _GROUPS_LIMIT)]
            mta = _host(groups[0], "Reporting-MTA")
            found = [dsn for group in groups if (dsn := _recipient(group, mta)) is not None]
            if found:
                return found
    return []


def status_in(text: str) -> str | None:
    """The first enhanced status code in a text."""
    match = _STATUS.search(text)
    return None if match is None else ".".join(str(int(part)) for part in match.groups())


def _recipient(group: Message, reporting_mta: str | None) -> Dsn | None:
    status = status_in(field(group, "Status") or "")
    word = (field(group, "Action") or "").split("(")[0].strip().lower()
    if not word and status is not None and "Final-Recipient" in group:
        word = {"2": "delivered", "4": "delayed", "5": "failed"}[status[0]]
    if word not in set(Action):
        return None
    return Dsn(
        action=Action(word),
        status=status,
        final_recipient=_address(group, "Final-Recipient"),
        original_recipient=_address(group, "Original-Recipient"),
        diagnostic=_typed(group, "Diagnostic-Code"),
        remote_mta=_host(group, "Remote-MTA"),
        reporting_mta=reporting_mta,
    )


def _typed(headers: Message, name: str) -> str | None:
    """The value behind `type;`, for example `smtp; 550 …`."""
    value = field(headers, name)
    if value is None:
        return None
    kind, separator, rest = value.partition(";")
    return (rest if separator and " " not in kind.strip() else value).strip() or None


def _host(headers: Message, name: str) -> str | None:
    """A host's name, without the address or the remark that may follow it."""
    return next(iter((_typed(headers, name) or "").rstrip(".").split()), "").rstrip(".") or None


def _address(headers: Message, name: str) -> str | None:
    value = _typed(headers, name)
    if value is None or len(value) > _ADDRESS_LIMIT:
        return None
    return value.removeprefix("<").removesuffix(">") or None
