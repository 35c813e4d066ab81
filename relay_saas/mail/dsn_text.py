"""Reports of failure that are written for people only, as old or careless servers send them.

Only mail from a server itself is read so, never what a person or a person's program answers.
"""

import re
import tomllib
from collections.abc import Sequence
from dataclasses import replace
from email.message import Message
from importlib.resources import files
from typing import Final

from relay_saas.mail.dsn import Action, Dsn, status_in
from relay_saas.mail.mime_reader import Part, field
from relay_saas.mail.replies import displayable

#: Characters of the text that are read, and of what is kept as the diagnostic.
_READ: Final = 20_000
_KEPT: Final = 500

#: What servers say when they give up, and when they do not.
_WORDS: Final = tomllib.loads(
    files("relay_saas.mail").joinpath("report_words.toml").read_text(encoding="utf-8")
)
#: Here the returned message begins; what it says is ours.
_RETURNED: Final = re.compile(
    r"^(?:-+ ?(?:below this line|this is a copy|original message|the header|unsent message|returned|forwarded"
    r"|message header|undelivered message|the following is|ここから|元の|以下は)"
    r"|received: (?:from|by) |return-path: <|original message headers|message-id: <|> ?subject:"
    r"|元のメッセージ|送信されたメール|-----original)",
    re.IGNORECASE | re.MULTILINE,
)
_ADDRESS: Final = re.compile(
    r"[^\s<>()\[\]{},;:\"'`「」（）＜＞]{1,64}@[A-Za-z0-9][A-Za-z0-9.-]{1,190}[A-Za-z0-9]"
)
_SMTP: Final = re.compile(r"(?<![\d.:/-])[45]\d\d(?:[ -]|, )[^\n]{3,300}")


def read_text_report(headers: Message, parts: Sequence[Part]) -> list[Dsn]:
    """The report about each recipient that the text names; none where it is no report."""
    if not _from_a_server(headers):
        return []
    text = _text(parts)
    lowered = f"{field(headers, 'Subject') or ''}\n{text}".lower()
    action = _action(lowered)
    recipients = _recipients(headers, text)
    if action is None or not recipients:
        return []
    report = Dsn(action=action, status=status_in(text), diagnostic=_diagnostic(text, recipients[0]))
    return [replace(report, final_recipient=recipient) for recipient in recipients]


def _from_a_server(headers: Message) -> bool:
    """Servers name themselves, or the mail has the header that Exim puts on its reports."""
    sender = (field(headers, "From") or "").lower()
    return any(name in sender for name in _WORDS["servers"]) or "X-Failed-Recipients" in headers


def _text(parts: Sequence[Part]) -> str:
    """What is said before the returned message: the first plain text, else the first HTML."""
    for kind in ("text/plain", "text/html"):
        for part in parts:
            if part.kind == kind:
                text = part.text(_READ)
                found = _RETURNED.search(text)
                return text[: found.start()] if found is not None else text
    return ""


def _action(lowered: str) -> Action | None:
    """A server that goes on trying says so, beside the same words that it has for a failure."""
    if any(phrase in lowered for phrase in _WORDS["delayed"]):
        return Action.DELAYED
    return Action.FAILED if any(phrase in lowered for phrase in _WORDS["failed"]) else None


def _recipients(headers: Message, text: str) -> list[str]:
    """Whom it is about: a header that says so, else the first address that is no server's."""
    named = _ADDRESS.findall(field(headers, "X-Failed-Recipients") or "")
    if named:
        return named[:20]
    for address in _ADDRESS.findall(text):
        local = address.partition("@")[0].lower()
        if not any(name in local for name in _WORDS["servers"]) and local not in {"abuse", "support", "help"}:
            return [address.rstrip(".")]
    return []


def _diagnostic(text: str, recipient: str) -> str | None:
    """The remote server's reply where it is quoted, else the lines around the recipient."""
    found = _SMTP.search(text)
    if found is not None:
        return displayable(_continued(text, found).encode())[:_KEPT]
    at = text.find(recipient)
    around = text[max(0, at - _KEPT // 2) : at + _KEPT]
    return displayable(" ".join(around.split()).encode("utf-8", "replace"))[:_KEPT] or None


def _continued(text: str, found: re.Match[str]) -> str:
    """The reply and the indented lines that go on with it."""
    lines = [found[0].strip()]
    for line in text[found.end() :].split("\n")[1:4]:
        if not line.startswith((" ", "\t")) or not line.strip() or _ADDRESS.match(line.strip()):
            break
        lines.append(line.strip())
    return " ".join(lines)
