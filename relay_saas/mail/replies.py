"""A server's reply, read tolerantly and made safe to store and show (RFC 5321 §4.2, RFC 3463)."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import ClassVar

from relay_saas.mail.exceptions import MailError

#: Characters of a reply that are kept for storage, display and classification.
TEXT_LIMIT = 1000

#: Octets of a line that is worth remembering.
_REPEATED_LINE = 100
_LINE = re.compile(rb"([2-5][0-9]{2})(?:([- \t])(.*))?", re.DOTALL)
_ENHANCED = re.compile(r"\s*[\[(#]{0,2}([245])\.(\d{1,3})\.(\d{1,3})(?![\d.]\d|\d)[\])]?:?\s*")
_ENHANCED_AT_THE_END = re.compile(r"\(#([245])\.(\d{1,3})\.(\d{1,3})\)\s*$")


class Stage(StrEnum):
    """The step of the dialogue that a reply or a loss belongs to."""

    CONNECT = "connect"
    BANNER = "banner"
    EHLO = "ehlo"
    TLS = "tls"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    DOT = "dot"
    OUT_OF_BAND = "oob"


class BadReply(MailError):
    """The bytes are no SMTP reply; `shown` holds the beginning of what came instead."""

    reasons: ClassVar = {
        "empty": "a reply without a line",
        "not_a_reply": "the line does not begin with a reply code",
        "line_count": "the lines do not make exactly one reply",
        "line_too_long": "a reply line is too long",
        "reply_too_long": "a reply is too long",
    }

    def __init__(self, code: str, shown: str = "") -> None:
        super().__init__(code)
        self.shown = shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One whole reply: the basic code, the enhanced code where one was given, and the text of each line."""

    code: int
    enhanced: str | None = None
    lines: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """All lines as one, without codes, at most `TEXT_LIMIT` characters."""
        return " ".join(line for line in self.lines if line)[:TEXT_LIMIT]

    @property
    def positive(self) -> bool:
        """2xx."""
        return 200 <= self.code < 300

    @property
    def permanent(self) -> bool:
        """5xx."""
        return self.code >= 500

    def __str__(self) -> str:
        return " ".join(part for part in (str(self.code), self.enhanced, self.text) if part)


def split_line(line: bytes) -> tuple[int, bool, bytes]:
    """Code, whether the line ends its reply, and the text of a line without its line end; raises BadReply."""
    match = _LINE.fullmatch(line)
    if match is None:
        raise BadReply("not_a_reply", displayable(line[:80]))
    return int(match[1]), match[2] != b"-", match[3] or b""


def parse(lines: Sequence[bytes]) -> Reply:
    """The reply that these lines (without line ends) make; raises BadReply.

    Where lines disagree the last one counts, as servers that answer `250-… 550 …` mean it.
    """
    if not lines:
        raise BadReply("empty")
    code, enhanced, texts = 0, None, []
    for number, line in enumerate(lines, start=1):
        code, last, raw = split_line(line)
        if last != (number == len(lines)):
            raise BadReply("line_count")
        found, text = _split_enhanced(displayable(raw))
        enhanced = found or enhanced
        texts.append(text)
    return Reply(code=code, enhanced=enhanced, lines=tuple(texts))


def single(line: bytes) -> Reply | None:
    """The reply that one line makes, None where another line follows; raises BadReply."""
    return _repeated(line) if len(line) <= _REPEATED_LINE else _single(line)


def _single(line: bytes) -> Reply | None:
    return parse([line]) if line[3:4] != b"-" else None


#: Most servers say the same few lines again and again.
_repeated = lru_cache(maxsize=1024)(_single)


def parse_text(text: str) -> Reply:
    """The same from text with LF or CRLF between the lines: a log, a sample, a diagnostic."""
    return parse([line.encode("utf-8", "replace") for line in text.replace("\r\n", "\n").split("\n")])


def displayable(raw: bytes) -> str:
    """Text without control, format or surrogate characters: UTF-8, else Latin-1."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    if text.isascii() and text.isprintable():
        return text
    kept = (" " if unicodedata.category(char) in {"Cc", "Zs", "Zl", "Zp"} else char for char in text)
    return "".join(char for char in kept if unicodedata.category(char)[0] != "C").strip()


def _split_enhanced(text: str) -> tuple[str | None, str]:
    match = _ENHANCED.match(text)
    if match is not None:
        return _dotted(match), text[match.end() :]
    match = _ENHANCED_AT_THE_END.search(text)
    return (_dotted(match), text[: match.start()].rstrip()) if match is not None else (None, text)


def _dotted(match: re.Match[str]) -> str:
    return ".".join(str(int(part)) for part in match.groups())
