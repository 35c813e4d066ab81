"""What a caller submits, as values; the API, the mail backend and test messages all fill these."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from delivery.models.stream import Stream


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailbox:
    """One mailbox as people see it; `address` is not yet checked."""

    address: str
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachedFile:
    """A file that travels with the message."""

    name: str
    content_type: str
    content: bytes
    #: Set: shown inside the HTML at `cid:<content_id>`.
    content_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmissionSpec:
    """One request; every recipient in `to`, `cc` and `bcc` gets a message of their own."""

    from_: Mailbox
    to: tuple[Mailbox, ...]
    cc: tuple[Mailbox, ...] = ()
    #: These get a copy that no header names.
    bcc: tuple[Mailbox, ...] = ()
    #: Mailboxes as people write them, with commas between them.
    reply_to: str = ""
    subject: str
    html: str | None = None
    text: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    attachments: tuple[AttachedFile, ...] = ()
    tags: tuple[str, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)
    stream: Stream = Stream.TRANSACTIONAL
    #: The list whose opt-outs count, and which one click leaves; marketing alone.
    topic_id: int | None = None
    #: None: as the stream has it, on for marketing and off for the others.
    track_opens: bool | None = None
    track_clicks: bool | None = None
    #: Not before then; None: at once.
    send_at: datetime | None = None
    #: `api`, `system` or `test`.
    channel: str = "api"
    api_key_id: int | None = None
    request_id: str = ""

    @property
    def recipients(self) -> tuple[Mailbox, ...]:
        """All of them in order."""
        return (*self.to, *self.cc, *self.bcc)

    @property
    def opens_tracked(self) -> bool:
        """Whether the HTML gets a pixel."""
        return self._default if self.track_opens is None else self.track_opens

    @property
    def clicks_tracked(self) -> bool:
        """Whether links lead through the tracking host."""
        return self._default if self.track_clicks is None else self.track_clicks

    @property
    def sender_stream(self) -> Stream:
        """Whose sending domain it takes: a test message comes from where the campaign will."""
        return Stream.MARKETING if self.channel == "test" else self.stream

    @property
    def _default(self) -> bool:
        return self.stream is Stream.MARKETING
