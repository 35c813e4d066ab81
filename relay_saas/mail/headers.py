"""Header fields: checks, encoded words (RFC 2047), phrases and folding (RFC 5322)."""

import binascii
import re
from datetime import UTC, datetime
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from typing import NamedTuple

from relay_saas.mail.exceptions import MailError

MAX_LINE = 76
MAX_VALUE = 4000
_HARD_LINE = 998
_WORD = 75
_WRAP = len("=?utf-8?b??=")
_FOLD = "\r\n "

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,59}")
_BLANKS = re.compile(r"[ \t]+")
_BREAKS = re.compile(r"[\r\n]")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_SURROGATES = re.compile(r"[\ud800-\udfff]")
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~]+(?: [A-Za-z0-9!#$%&'*+\-/=?^_`{|}~]+)*")
_ENCODED_WORD = re.compile(r"=\?[!->@-~]+\?(?:[bB]\?[A-Za-z0-9+/]*={0,2}|[qQ]\?[!->@-~]*)\?=")
# the characters that stand for themselves in a phrase as well (RFC 2047 §5.3)
_Q_SAFE = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!*+-/")


class BadHeader(MailError):
    """A name or value that no header field of ours may carry."""

    reasons = {
        "bad_name": "A header name is made of letters, digits and hyphens.",
        "line_break": "A header value may not hold a line break.",
        "nul": "A header value may not hold a NUL character.",
        "control_character": "A header value may not hold control characters.",
        "surrogate": "The text is not valid Unicode.",
        "too_long": "A header value may have 4,000 characters at most.",
        "line_too_long": "A part of the header value is too long for a line.",
        "not_ascii": "This header takes ASCII only.",
        "reserved": "This header is written by the relay alone.",
        "repeated": "This header may stand in a message only once.",
        "name_is_address": "The sender's name reads like the address of somebody else.",
        "bad_message_id": "The Message-ID is not valid.",
        "bad_list_id": "A List-Id ends with an identifier in angle brackets.",
        "bad_date": "A date needs its time zone.",
    }


class Field(NamedTuple):
    """A header field as it goes on the wire and as a signature sees it."""

    #: lower case
    name: str
    #: `Name: value`, folded, with CRLF
    wire: str
    #: the relaxed canonical form (RFC 6376 §3.4.2) with CRLF
    relaxed: str


def field(name: str, value: str) -> Field:
    """The field of a value that is encoded and folded already."""
    lowered = name.lower()
    relaxed = value
    if "\r\n" in value or "  " in value or "\t" in value or value[:1] == " " or value[-1:] == " ":
        relaxed = _BLANKS.sub(" ", value.replace("\r\n", "")).strip(" ")
    return Field(lowered, f"{name}: {value}\r\n", f"{lowered}:{relaxed}\r\n")


def check_header_value(value: str) -> None:
    """Refuse what could break out of a header field or cannot be encoded.

    Raises:
        BadHeader: `line_break`, `nul`, `control_character` (C0, DEL, C1), `surrogate` or `too_long`.
    """
    if len(value) > MAX_VALUE:
        raise BadHeader("too_long")
    # isprintable() is false for all we refuse, and true for nearly all we see
    if value.isprintable():
        return
    if _BREAKS.search(value):
        raise BadHeader("line_break")
    if "\0" in value:
        raise BadHeader("nul")
    if _CONTROLS.search(value):
        raise BadHeader("control_character")
    if _SURROGATES.search(value):
        raise BadHeader("surrogate")


def check_header_name(name: str) -> None:
    """Refuse a field name that parsers could read in two ways (`bad_name`)."""
    if not _NAME.fullmatch(name):
        raise BadHeader("bad_name")


def decode_words(value: str) -> str:
    """The text of a value that was sent to us already encoded (RFC 2047); anything else as it is."""
    words = value.split(" ")
    if not all(_ENCODED_WORD.fullmatch(word) for word in words):
        return value
    try:
        return str(make_header(decode_header(value)))
    except (LookupError, UnicodeError, HeaderParseError, binascii.Error):
        return value


def encode_text(value: str, first_line_used: int) -> str:
    """An unstructured value as ASCII, folded at 76 columns; a parser gets exactly `value` back.

    `first_line_used` is the number of columns before the value on its line, e.g. 9 for `Subject: `.
    """
    if _is_plain_text(value):
        return fold(value, first_line_used)
    return _encoded_words(value, first_line_used)


def encode_phrase(value: str, first_line_used: int) -> str:
    """A display name (RFC 5322 `phrase`): atoms, a quoted string, or encoded words."""
    if not value.isascii() or "=?" in value or len(value) > MAX_LINE - first_line_used - 2:
        return _encoded_words(value, first_line_used)
    if _ATOMS.fullmatch(value):
        return value
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def encode_address(name: str, address: str, first_line_used: int = 6) -> str:
    """One mailbox, `name <address>`, folded; it is ASCII exactly when `address` is."""
    if not name:
        return address
    phrase = encode_phrase(name, first_line_used)
    used = len(phrase) - phrase.rfind("\n") - 1 if "\n" in phrase else first_line_used + len(phrase)
    return f"{phrase}{_FOLD if used + len(address) + 3 > MAX_LINE else ' '}<{address}>"


def fold(value: str, first_line_used: int) -> str:
    """Break an ASCII value at its blanks so that lines have 76 columns where the words allow it.

    Raises:
        BadHeader: `line_too_long` when a word alone is over 998 columns.
    """
    if first_line_used + len(value) <= MAX_LINE:
        return value
    lines: list[str] = []
    line = ""
    room = MAX_LINE - first_line_used
    # each word keeps the blank before it: it becomes the continuation line's first character
    for word in re.findall(r" ?[^ ]*", value):
        if line.strip(" ") and len(line) + len(word) > room and word.strip(" "):
            lines.append(line)
            line, room = "", MAX_LINE
        line += word
    lines.append(line)
    if any(len(line) > _HARD_LINE - first_line_used for line in lines):
        raise BadHeader("line_too_long")
    return "\r\n".join(lines)


def format_date(when: datetime) -> str:
    """The date-time of RFC 5322 §3.3 in UTC.

    Raises:
        BadHeader: `bad_date` for a date without time zone.
    """
    if when.tzinfo is None:
        raise BadHeader("bad_date")
    utc = when.astimezone(UTC)
    day, month = _DAYS[utc.weekday()], _MONTHS[utc.month - 1]
    return (
        f"{day}, {utc.day:02d} {month} {utc.year:04d} {utc.hour:02d}:{utc.minute:02d}:{utc.second:02d} +0000"
    )


def _is_plain_text(value: str) -> bool:
    """Whether the value survives as it is: ASCII, no look of encoded words, single blanks, short words."""
    return (
        value.isascii()
        and "=?" not in value
        and "  " not in value
        and value == value.strip(" ")
        and max(map(len, value.split(" "))) < _WORD - 20
    )


def _encoded_words(value: str, first_line_used: int) -> str:
    """`value` as encoded words of at most 75 characters, each holding whole characters only."""
    octets = [character.encode() for character in value]
    plain = sum(1 for character in value if character in _Q_SAFE or character == " ")
    total = sum(map(len, octets))
    # quoted-printable needs 3 columns for an octet that it escapes, base64 4 for every 3
    in_base64 = 3 * (total - plain) + plain > total * 4 / 3
    encode = _b_word if in_base64 else _q_word
    words: list[str] = []
    room = min(_WORD, MAX_LINE - first_line_used) - _WRAP
    if room < 8:
        words.append("")
        room = _WORD - _WRAP
    start, width = 0, 0
    for position, octet in enumerate(octets):
        step = len(octet) if in_base64 else _q_width(value[position], octet)
        if width + step > (room // 4 * 3 if in_base64 else room):
            words.append(encode(octets[start:position]))
            start, width, room = position, 0, _WORD - _WRAP
        width += step
    words.append(encode(octets[start:]))
    return _FOLD.join(words)


def _b_word(octets: list[bytes]) -> str:
    return f"=?utf-8?b?{binascii.b2a_base64(b''.join(octets), newline=False).decode()}?="


def _q_word(octets: list[bytes]) -> str:
    return f"=?utf-8?q?{''.join(map(_q_character, octets))}?="


def _q_character(octets: bytes) -> str:
    character = chr(octets[0])
    if character in _Q_SAFE:
        return character
    return "_" if character == " " else "".join(f"={octet:02X}" for octet in octets)


def _q_width(character: str, octets: bytes) -> int:
    return 1 if character in _Q_SAFE or character == " " else 3 * len(octets)
