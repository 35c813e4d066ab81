"""From a job and its content to a signed message with its envelope: the same identity over all retries."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from delivery.engine.content import Prepared
from delivery.engine.job import Job
from delivery.models.stream import Stream
from relay_saas.mail.dkim import sign
from relay_saas.mail.merge import Template
from relay_saas.mail.message import Draft, build
from relay_saas.mail.smtp.transaction import Outgoing
from relay_saas.mail.tokens import Purpose, Token, TokenKeys, encode

_STREAM_NAMES: Final = {stream.value: stream.name.lower() for stream in Stream}


@dataclass(frozen=True, slots=True, kw_only=True)
class Composer:
    """What all messages of an installation share."""

    token_keys: TokenKeys
    edge_scheme: str
    #: `:port` or nothing.
    edge_port: str

    def compose(self, job: Job, content: Prepared, *, dated_at: datetime) -> Outgoing:
        """Renders, builds and signs.

        Raises MailError: RenderProblem, BadHeader, BadAddress, BadMessage, UnsignableMessage.
        """
        names = Names(job, content, self)
        context = names.context()
        # What all copies of one submission show; a campaign's message names its own recipient alone.
        shown = job.merge.get("relay", {})
        draft = Draft(
            from_name=content.from_name,
            from_address=content.from_address,
            to_address=job.rcpt,
            to=[(name, address) for name, address in shown.get("to", ())],
            cc=[(name, address) for name, address in shown.get("cc", ())],
            reply_to=content.reply_to,
            subject=" ".join((_rendered(content.subject, context) or "").split()),
            html=_rendered(content.html, context),
            text=_rendered(content.text, context),
            message_id=f"{job.message_id.hex}@{content.domain}",
            date=dated_at,
            headers=[*content.headers, *names.headers()],
            attachments=content.attachments,
        )
        signed = sign(build(draft), content.keys, int(dated_at.timestamp()))
        return Outgoing(mail_from=names.return_path(), rcpt=job.rcpt, data=signed)


class Names:
    """The addresses and links that lead back to one message."""

    def __init__(self, job: Job, content: Prepared, composer: Composer) -> None:
        self._job = job
        self._content = content
        self._keys = composer.token_keys
        self._host = f"t.{content.domain}"
        self._mail_host = f"rp.{content.domain}"
        self._base = f"{composer.edge_scheme}://{self._host}{composer.edge_port}"

    def return_path(self) -> str:
        """The envelope's sender (VERP)."""
        return f"{self._token(Purpose.RETURN_PATH, self._mail_host)}@{self._mail_host}"

    def unsubscribe_url(self) -> str:
        """The page for people, and the one-click target (RFC 8058)."""
        return f"{self._base}/u/{self._token(Purpose.UNSUBSCRIBE, self._host)}"

    def context(self) -> dict[str, object]:
        """All names that templates may use."""
        context: dict[str, object] = dict(self._job.merge)
        context["sender"] = self._content.sender
        if self._job.stream == Stream.MARKETING:
            context["unsubscribe_url"] = self.unsubscribe_url()
        if self._content.links:
            context["relay_link"] = [
                f"{self._base}/c/{self._token(Purpose.CLICK, self._host, index)}"
                for index in range(self._content.links)
            ]
        context["relay_pixel"] = f"{self._base}/o/{self._token(Purpose.OPEN, self._host)}.gif"
        return context

    def headers(self) -> Sequence[tuple[str, str]]:
        """What marketing mail must carry, and the feedback id that all mail carries."""
        job, content = self._job, self._content
        stream = _STREAM_NAMES[job.stream]
        feedback = ("Feedback-ID", f"c{job.campaign_id or 0}:t{job.tenant_number}:{stream}:relay")
        if job.stream != Stream.MARKETING:
            return (feedback,)
        mailto = f"{self._token(Purpose.MAILTO, self._mail_host)}@{self._mail_host}"
        found = [
            ("List-Unsubscribe", f"<{self.unsubscribe_url()}>, <mailto:{mailto}>"),
            ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
            feedback,
        ]
        if content.list_id is not None:
            identifier = f"<list-{content.list_id}.{content.domain}>"
            found.append(("List-Id", f"{content.list_name} {identifier}".strip()))
        return found

    def _token(self, purpose: Purpose, host: str, extra: int = 0) -> str:
        token = Token(purpose, self._job.tenant_number, self._job.message_id, extra)
        return encode(token, host, self._keys)


def _rendered(part: Template | str | None, context: dict[str, object]) -> str | None:
    return part.render(context) if isinstance(part, Template) else part
