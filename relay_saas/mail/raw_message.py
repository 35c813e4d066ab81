"""Messages that somebody else built: read strictly, so that no two programs can read them differently."""

import re
from collections import Counter
from collections.abc import Iterable
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.headerregistry import AddressHeader
from email.policy import default as modern
from typing import Final, NamedTuple

from relay_saas.mail.addresses import BadAddress, parse_address
from relay_saas.mail.exceptions import MailError
from relay_saas.mail.headers import encode_address, encode_text
from relay_saas.mail.message import from_field

#: Octets of all header fields together, and their number.
MAX_HEAD: Final = 256 * 1024
MAX_FIELDS: Final = 500
MAX_LINE: Final = 998
#: So many servers have handed it on already: it goes round.
MAX_HOPS: Final = 50

_NAME: Final = re.compile(rb"[!-9;-~]{1,76}")
_CONTROLS: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
#: RFC 5322 §3.6: at most once.
ONCE: Final = frozenset(
    {
        "from", "sender", "reply-to", "to", "cc", "date", "message-id", "subject", "mime-version",
        "in-reply-to", "references", "content-type", "content-transfer-encoding", "content-disposition",
        "list-id", "list-unsubscribe", "list-unsubscribe-post",
    }
)  # fmt: skip
_ADDRESSES: Final = frozenset({"from", "sender", "reply-to", "to", "cc"})
_SIMPLE_MAILBOX: Final = re.compile(
    r'(?:(?P<phrase>[^"<>,;:()@\\\[\]]*|"[^"\\<>@]*")[ \t]*<(?P<in_angles>[^\s<>(),;:"\\]+)>|'
    r'(?P<alone>[^\s<>(),;:"\\]+))'
)


class BadRawMessage(MailError):
    """Octets that are not one message which every program reads alike."""

    reasons = {
        "bare_line_end": "Bare CR or LF in the message",
        "nul": "NUL in the message",
        "line_too_long": "A line of the message is longer than 998 octets",
        "no_header": "The message has no header",
        "bad_field": "A line of the header is no header field",
        "header_too_large": "The header is too large",
        "bad_octets": "The header is neither ASCII nor UTF-8",
        "control_character": "The header holds a control character",
        "repeated": "A header field that may stand once stands twice",
        "loop": "Too many Received fields: the message goes in a circle",
        "from_count": "The message needs exactly one From field with one address",
        "bad_from": "The address in From is not valid",
        "from_name": "The name in From reads like the address of somebody else",
        "bad_sender": "The address in Sender is not valid",
        "bad_address_field": "An address field with non-ASCII characters cannot be read",
        "not_ascii": "A structured header field holds non-ASCII characters",
    }


class RawField(NamedTuple):
    """One field of the header as it came."""

    #: As it was written.
    name: str
    #: Lower case.
    key: str
    #: What stands behind the colon, unfolded, without blanks around it.
    value: str
    #: With its folds and the last CRLF.
    wire: str


class RawMessage(NamedTuple):
    """A message in its two halves."""

    fields: list[RawField]
    #: Untouched; ends with CRLF unless it is empty.
    body: bytes

    def all(self, key: str) -> list[RawField]:
        """The fields of one name."""
        return [item for item in self.fields if item.key == key]

    def first(self, key: str) -> str:
        """The value of the first field of a name, "" where there is none."""
        return next((item.value for item in self.fields if item.key == key), "")


class Mailbox(NamedTuple):
    """A person's name and address, decoded."""

    name: str
    address: str


def read_raw(raw: bytes) -> RawMessage:
    """The message that `raw` is, with lines that end in CRLF. Raises BadRawMessage."""
    if b"\0" in raw:
        raise BadRawMessage("nul")
    # Counting is a tenth of looking for them.
    ends = raw.count(b"\r\n")
    if raw.count(b"\r") != ends or raw.count(b"\n") != ends:
        raise BadRawMessage("bare_line_end")
    if raw.startswith(b"\r\n") or not raw:
        raise BadRawMessage("no_header")
    if not raw.endswith(b"\r\n"):
        raw += b"\r\n"
    if max(map(len, raw.split(b"\r\n"))) > MAX_LINE:
        raise BadRawMessage("line_too_long")
    end = raw.find(b"\r\n\r\n")
    head, body = (raw, b"") if end < 0 else (raw[: end + 2], raw[end + 4 :])
    if len(head) > MAX_HEAD:
        raise BadRawMessage("header_too_large")
    fields = _fields(head)
    _check_counts(fields)
    return RawMessage(fields, body)


def raw_field(name: str, value: str) -> RawField:
    """A field of ours: `value` is encoded and folded already."""
    return RawField(name, name.lower(), " ".join(value.split()), f"{name}: {value}\r\n")


def sender_of(message: RawMessage) -> Mailbox:
    """Who the message says it is from: one mailbox. Raises BadRawMessage."""
    found = message.all("from")
    if len(found) != 1:
        raise BadRawMessage("from_count")
    mailbox = mailbox_of(found[0].value)
    if mailbox is None:
        raise BadRawMessage("from_count")
    try:
        parse_address(mailbox.address)
    except BadAddress as error:
        raise BadRawMessage("bad_from") from error
    try:
        from_field(*mailbox)
    except MailError as error:
        raise BadRawMessage("from_name") from error
    return mailbox


def mailbox_of(value: str) -> Mailbox | None:
    """The one mailbox of an address field, None where there is none, several, or a group."""
    plain = _SIMPLE_MAILBOX.fullmatch(value.strip())
    if plain is not None:
        phrase = (plain["phrase"] or "").strip().strip('"')
        return Mailbox(decoded(phrase), plain["in_angles"] or plain["alone"])
    mailboxes, whole = mailboxes_of(value)
    return mailboxes[0] if whole and len(mailboxes) == 1 else None


def mailboxes_of(value: str) -> tuple[list[Mailbox], bool]:
    """The mailboxes of an address field, and whether that is all there is in it: no group, no defect."""
    plain = _SIMPLE_MAILBOX.fullmatch(value.strip())
    if plain is not None and (plain["in_angles"] or plain["alone"] or "").count("@") == 1:
        phrase = (plain["phrase"] or "").strip().strip('"')
        return [Mailbox(decoded(phrase), plain["in_angles"] or plain["alone"])], True
    try:
        header = modern.header_factory("To", value)
    # The package's parser fails in many ways on what is no address list.
    except (HeaderParseError, IndexError, AttributeError, ValueError, TypeError, RecursionError):
        return [], False
    if not isinstance(header, AddressHeader):
        return [], False
    found = [
        Mailbox(_readable(str(one.display_name)), _readable(str(one.addr_spec))) for one in header.addresses
    ]
    alone = all(group.display_name is None for group in header.groups)
    return found, alone and not getattr(header, "defects", ())


def decoded(value: str) -> str:
    """A value as people read it (RFC 2047); one that cannot be decoded as it is."""
    if "=?" not in value:
        return value
    try:
        return _readable(str(make_header(decode_header(value))))
    except (LookupError, ValueError, HeaderParseError):
        return value


def _readable(text: str) -> str:
    """Without what encoded words can hide in a text: NUL, half characters."""
    return text.encode("utf-8", "replace").decode().replace("\0", "")


def in_ascii(item: RawField) -> RawField:
    """The field without octets beyond ASCII, as far as its addresses allow. Raises BadRawMessage."""
    if item.wire.isascii():
        return item
    used = len(item.name) + 2
    if item.key in _ADDRESSES:
        mailboxes, whole = mailboxes_of(item.value)
        if not whole or not mailboxes:
            raise BadRawMessage("bad_address_field")
        return raw_field(item.name, ",\r\n ".join(_encoded(mailboxes, used)))
    if item.key.startswith(("content-", "list-")) or item.key in ONCE - {"subject"}:
        raise BadRawMessage("not_ascii")
    return raw_field(item.name, encode_text(item.value, used))


def _encoded(mailboxes: Iterable[Mailbox], used: int) -> list[str]:
    try:
        return [encode_address(one.name, str(parse_address(one.address)), used) for one in mailboxes]
    except BadAddress as error:
        raise BadRawMessage("bad_address_field") from error


def _fields(head: bytes) -> list[RawField]:
    found: list[RawField] = []
    lines: list[bytes] = []
    for line in head.split(b"\r\n")[:-1]:
        if line[:1] in (b" ", b"\t"):
            if not lines or not line.strip():
                raise BadRawMessage("bad_field")
            lines.append(line)
            continue
        if lines:
            found.append(_field(lines))
        lines = [line]
        if len(found) >= MAX_FIELDS:
            raise BadRawMessage("header_too_large")
    found.append(_field(lines))
    return found


def _field(lines: list[bytes]) -> RawField:
    name, colon, first = lines[0].partition(b":")
    if not colon or not _NAME.fullmatch(name):
        raise BadRawMessage("bad_field")
    try:
        wire = b"\r\n".join(lines).decode() + "\r\n"
        value = b"".join([first, *lines[1:]]).decode()
    except UnicodeDecodeError as error:
        raise BadRawMessage("bad_octets") from error
    if _CONTROLS.search(value):
        raise BadRawMessage("control_character")
    shown = name.decode("ascii")
    return RawField(shown, shown.lower(), value.strip(" \t"), wire)


def _check_counts(fields: list[RawField]) -> None:
    counts = Counter(item.key for item in fields)
    if counts["from"] != 1:
        raise BadRawMessage("from_count")
    if any(counts[key] > 1 for key in ONCE):
        raise BadRawMessage("repeated")
    if counts["received"] > MAX_HOPS:
        raise BadRawMessage("loop")
