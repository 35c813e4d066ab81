"""Delivery status notifications that come back to the return path (RFC 3464, RFC 6522, RFC 6533)."""

import re
from dataclasses import dataclass
from email.message import Message
from email.parser import BytesHeaderParser
from email.policy import compat32
from enum import StrEnum

from relay_saas.mail.replies import TEXT_LIMIT, BadReply, Reply, displayable, parse_text

#: Octets that are looked at: the report stands before the returned message.
SIZE_LIMIT = 1024 * 1024
_PARTS_LIMIT = 20
_GROUPS_LIMIT = 100
_DEPTH_LIMIT = 3
_ADDRESS_LIMIT = 320

_STATUS = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.]*\d)")
_BOUNDARY = re.compile(r"boundary\s*=\s*(?:\"([^\"]{1,200})\"|([^\s;\"]{1,200}))", re.IGNORECASE)
_BLANK_LINE = re.compile(rb"\r?\n[ \t]*\r?\n")
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
        try:
            said = parse_text((self.diagnostic or "").strip())
        except BadReply:
            said = Reply(code=550, lines=(self.diagnostic or "",))
            if self.status is not None and self.status[0] in "24":
                said = Reply(code=int(self.status[0]) * 100 + 50, lines=said.lines)
        return Reply(code=said.code, enhanced=said.enhanced or self.status, lines=said.lines)


def parse_dsn(raw: bytes) -> Dsn | None:
    """The report about the first failed recipient, else about the first one; None where it is no DSN."""
    report = _report(raw[:SIZE_LIMIT], _DEPTH_LIMIT)
    if report is None:
        return None
    groups = [_headers(group) for group in _BLANK_LINE.split(report.strip(), _GROUPS_LIMIT)[:_GROUPS_LIMIT]]
    mta = _typed(groups[0], "Reporting-MTA")
    found = [dsn for group in groups if (dsn := _recipient(group, mta)) is not None]
    failed = [dsn for dsn in found if dsn.action is Action.FAILED]
    return next(iter(failed or found), None)


def _recipient(group: Message, reporting_mta: str | None) -> Dsn | None:
    status = _STATUS.search(_field(group, "Status") or "")
    word = (_field(group, "Action") or "").split("(")[0].strip().lower()
    if not word and status is not None and "Final-Recipient" in group:
        word = {"2": "delivered", "4": "delayed", "5": "failed"}[status[1]]
    if word not in set(Action):
        return None
    return Dsn(
        action=Action(word),
        status=".".join(str(int(part)) for part in status.groups()) if status is not None else None,
        final_recipient=_address(group, "Final-Recipient"),
        original_recipient=_address(group, "Original-Recipient"),
        diagnostic=_typed(group, "Diagnostic-Code"),
        remote_mta=_typed(group, "Remote-MTA"),
        reporting_mta=reporting_mta,
    )


def _report(raw: bytes, depth: int) -> bytes | None:
    """The body of the first delivery-status part; the package's own walk recurses as deep as it is told."""
    head, body = _split(raw)
    headers = _headers(head)
    kind = headers.get_content_type()
    if kind in _REPORTS:
        return _decoded(headers, body)
    if not kind.startswith("multipart/") or depth == 0:
        return None
    boundary = _BOUNDARY.search(_field(headers, "Content-Type", limit=2000) or "")
    if boundary is None:
        return None
    mark = b"\n--" + (boundary[1] or boundary[2]).encode("ascii", "replace")
    for part in (b"\n" + body).split(mark, _PARTS_LIMIT)[1:]:
        found = _report(part.partition(b"\n")[2], depth - 1)
        if found is not None:
            return found
    return None


def _split(raw: bytes) -> tuple[bytes, bytes]:
    if raw.startswith((b"\r\n", b"\n")):
        return b"", raw
    match = _BLANK_LINE.search(raw)
    return (raw, b"") if match is None else (raw[: match.start()], raw[match.end() :])


def _headers(head: bytes) -> Message:
    return BytesHeaderParser(policy=compat32).parsebytes(head.strip(b"\r\n") + b"\r\n\r\n")


def _decoded(headers: Message, body: bytes) -> bytes:
    encoding = (_field(headers, "Content-Transfer-Encoding") or "").strip().lower()
    if encoding not in {"base64", "quoted-printable"}:
        return body
    part = Message(policy=compat32)
    part["Content-Transfer-Encoding"] = encoding
    part.set_payload(body.decode("latin-1"))
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _field(headers: Message, name: str, limit: int = TEXT_LIMIT) -> str | None:
    """An unfolded header; bytes that are no ASCII come as surrogates from the package."""
    value = headers.get(name)
    if value is None:
        return None
    raw = str(value)[: 4 * limit].encode("utf-8", "surrogateescape")
    return displayable(b" ".join(raw.split()))[:limit]


def _typed(headers: Message, name: str) -> str | None:
    """The value behind `type;`, for example `smtp; 550 …`."""
    value = _field(headers, name)
    if value is None:
        return None
    kind, separator, rest = value.partition(";")
    return (rest if separator and " " not in kind.strip() else value).strip() or None


def _address(headers: Message, name: str) -> str | None:
    value = _typed(headers, name)
    if value is None or len(value) > _ADDRESS_LIMIT:
        return None
    return value.removeprefix("<").removesuffix(">") or None
