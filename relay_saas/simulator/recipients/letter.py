"""A mail that comes back: what all of its kinds are about, and how their parts are put together."""

import datetime as dt
from dataclasses import dataclass
from email.message import Message
from email.utils import format_datetime
from uuid import NAMESPACE_URL, uuid5

CRLF = "\r\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """The delivered message that somebody answers, and where it was delivered."""

    #: The provider's host that took it, and its domain as it signs itself.
    host: str
    #: Our address as the provider saw it.
    client: str
    mail_from: str
    rcpt: str
    message_id: str
    #: Seconds since the epoch at which it was taken.
    taken: float
    #: Its headers, as they came.
    head: Message
    #: All its bytes.
    raw: bytes

    @property
    def domain(self) -> str:
        """The recipient's."""
        return self.rcpt.rpartition("@")[2]

    @property
    def date(self) -> str:
        """When it was taken, as a header says it."""
        return format_datetime(dt.datetime.fromtimestamp(self.taken, dt.UTC))

    @property
    def headers(self) -> str:
        """The headers alone, each line ended."""
        return self.raw[: self.raw.find(b"\r\n\r\n") + 2].decode("utf-8", "replace")

    def unique(self, what: str) -> str:
        """A name that is the same for the same mail and purpose: Message-IDs and boundaries."""
        return uuid5(NAMESPACE_URL, f"{what}:{self.message_id}:{self.rcpt}").hex


def lines(*texts: str) -> str:
    """Texts as lines of a mail."""
    return CRLF.join("\r\n".join(text.splitlines()) for text in texts) + CRLF


def multipart(head: str, boundary: str, *parts: str) -> bytes:
    """A head that names the boundary, and the parts between it."""
    body = "".join(f"--{boundary}\r\n{part}\r\n" for part in parts)
    return f"{head}\r\n{body}--{boundary}--\r\n".encode()
