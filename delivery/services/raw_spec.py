"""What a caller says about a whole message beside its octets; X-Relay-* fields in the message win over it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from delivery.models.stream import Stream

#: Recipients of one transaction.
MAX_RECIPIENTS: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipientNotice:
    """RFC 3461, RCPT TO: when to report, and the address as the sender wrote it."""

    notify: Sequence[str] = ()
    orcpt: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """RFC 3461, MAIL FROM: what of the message goes back, and under which name."""

    ret: str = ""
    envid: str = ""
    #: By address key.
    recipients: Mapping[str, RecipientNotice] = field(default_factory=dict)

    def document(self) -> dict[str, object]:
        """What Submission.dsn holds: only what was said."""
        said = {key: {"notify": list(one.notify), "orcpt": one.orcpt} for key, one in self.recipients.items()}
        document: dict[str, object] = {"ret": self.ret, "envid": self.envid, "recipients": said}
        return {name: value for name, value in document.items() if value}


@dataclass(frozen=True, slots=True, kw_only=True)
class RawOptions:
    """How to treat a message; the ids say who brought it."""

    stream: Stream = Stream.TRANSACTIONAL
    tags: tuple[str, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)
    #: None: as the stream has it, on for marketing and off for the others.
    track_opens: bool | None = None
    track_clicks: bool | None = None
    #: Not before then.
    send_at: datetime | None = None
    #: `smtp` or `api`.
    channel: str = "smtp"
    #: In Received: how it came.
    protocol: str = "ESMTPSA"
    smtp_credential_id: int | None = None
    api_key_id: int | None = None
    #: The first of the keys that replaced each other; an idempotency key is theirs together.
    key_family_id: int | None = None
    request_id: str = ""
    #: Patterns of relay_saas.mail.from_pattern; empty: every verified domain.
    allowed_from: tuple[str, ...] = ()
    #: X-Relay-Stream may name another stream.
    may_choose_stream: bool = True
    idempotency_key: str = ""
    notice: Notice = field(default_factory=Notice)
    #: The credential's own address gets reports.
    bounce_notice: bool = False

    @property
    def opens_tracked(self) -> bool:
        """Whether the HTML gets a pixel."""
        return self.stream is Stream.MARKETING if self.track_opens is None else self.track_opens

    @property
    def clicks_tracked(self) -> bool:
        """Whether links lead through the tracking host."""
        return self.stream is Stream.MARKETING if self.track_clicks is None else self.track_clicks
