"""What the receivers logged before they said 250: one Copy per accepted message and recipient."""

import base64
import binascii
import email
import email.policy
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from uuid import UUID

#: A token's letter, then 35 bytes in base 32: key id, tenant (4), message (16), extra (4), MAC (10).
TOKEN_LENGTH = 57
MESSAGE_AT = slice(5, 21)
LINK_TOKEN = re.compile(r"/[cou]/([a-z2-7]{57})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """One accepted message."""

    time: float
    provider: str
    client: str
    rcpt: str
    mail_from: str
    file: Path
    offset: int
    size: int

    def raw(self) -> bytes:
        """The bytes as they came over the wire."""
        with self.file.open("rb") as messages:
            messages.seek(self.offset)
            return messages.read(self.size)


def copies(folder: Path) -> Iterator[Copy]:
    """Every line of every received-n.log, in file order."""
    for log in sorted(folder.glob("received-*.log")):
        messages = folder / log.name.replace("received", "messages").replace(".log", ".mbox")
        with log.open(encoding="utf-8") as lines:
            for line in lines:
                entry = json.loads(line)
                yield Copy(
                    time=entry["time"],
                    provider=entry["provider"],
                    client=entry["client"],
                    rcpt=entry["rcpt"],
                    mail_from=entry["mail_from"],
                    file=messages,
                    offset=entry["offset"],
                    size=entry["size"],
                )


def data_times(folder: Path) -> Iterator[tuple[str, float]]:
    """(recipient, time) of every DATA that was opened."""
    for log in sorted(folder.glob("data-*.log")):
        with log.open(encoding="utf-8") as lines:
            for line in lines:
                entry = json.loads(line)
                yield entry["rcpt"], entry["time"]


def mailbox(address: str) -> str:
    """An address in one spelling: lower case, and the local part without quotes, which are none of its
    meaning (RFC 5321 §4.1.2)."""
    local, _, domain = address.strip().lower().rpartition("@")
    if len(local) > 1 and local.startswith('"') and local.endswith('"'):
        local = re.sub(r"\\(.)", r"\1", local[1:-1])
    return f"{local}@{domain}"


def token_message(token: str) -> UUID | None:
    """The message id inside one of the relay's tokens; None for anything else."""
    if len(token) != TOKEN_LENGTH:
        return None
    try:
        return UUID(bytes=base64.b32decode(token[1:].upper())[MESSAGE_AT])
    except (binascii.Error, ValueError):
        return None


def parsed(raw: bytes) -> EmailMessage:
    """The message by the standard library's parser."""
    return email.message_from_bytes(raw, _class=EmailMessage, policy=email.policy.default)


def identities(copy: Copy, message: EmailMessage) -> dict[str, str]:
    """Who each part of the message says it is for: message ids from envelope, Message-ID and
    List-Unsubscribe, and To."""
    said = {"to": mailbox(str(message["To"].addresses[0].addr_spec))}
    said["envelope"] = str(token_message(copy.mail_from.partition("@")[0]))
    local = str(message["Message-ID"]).strip("<> ").partition("@")[0]
    said["message_id"] = str(UUID(hex=local)) if len(local) == 32 else local
    for part in str(message.get("List-Unsubscribe", "")).split(","):
        target = part.strip(" <>")
        if "/u/" in target:
            said["unsubscribe"] = str(token_message(target.rpartition("/u/")[2]))
    return said


def body_tokens(message: EmailMessage) -> set[str]:
    """The message ids in the links and pictures of every text part."""
    found = set()
    for part in message.walk():
        if part.get_content_maintype() == "text":
            payload = part.get_payload(decode=True)
            text = payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""
            found |= {str(token_message(token)) for token in LINK_TOKEN.findall(text)}
    return found


def line_faults(raw: bytes) -> list[str]:
    """Bare CR or LF, or a line over 998 octets."""
    faults = []
    without = raw.replace(b"\r\n", b"")
    if b"\r" in without or b"\n" in without:
        faults.append("bare CR or LF")
    if any(len(line) > 998 for line in raw.split(b"\r\n")):
        faults.append("line over 998")
    return faults
