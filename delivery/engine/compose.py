"""From a job and its content to a signed message with its envelope: the same identity over all retries."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from delivery.engine.content import Prepared
from delivery.engine.job import Job
from delivery.engine.sign import Platform, sign
from delivery.models.stream import Stream
from relay_saas.mail import headers
from relay_saas.mail.headers import Field
from relay_saas.mail.message import Letter, address_field, date_field, message_id_field
from relay_saas.mail.smtp.transaction import Outgoing
from relay_saas.mail.tokens import Purpose, TokenKeys, TokenSet, Use

_STREAM_NAMES: Final = {stream.value: stream.name.lower() for stream in Stream}
#: Token sets that a composer keeps.
_KEPT: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Composer:
    """What all messages of an installation share."""

    token_keys: TokenKeys
    edge_scheme: str
    #: `:port` or nothing.
    edge_port: str
    platform: Platform | None = None
    #: By domain, number of links, and whether the mail is marketing.
    _sets: dict[tuple[str, int, bool], TokenSet] = field(default_factory=dict, init=False, repr=False)

    def compose(self, job: Job, content: Prepared, *, dated_at: datetime) -> Outgoing:
        """Renders, builds and signs.

        Raises MailError: RenderProblem, BadHeader, BadAddress, UnsignableMessage.
        """
        names = Names(job, content, self)
        letter = names.letter(dated_at)
        head = letter.head()
        at = int(dated_at.timestamp())
        on_top = sign(letter, content.keys, job, at=at, platform=self.platform)
        return Outgoing(
            mail_from="" if content.null_sender else names.return_path(),
            rcpt=job.rcpt,
            data=b"".join((on_top, head.encode(), b"\r\n", letter.body)),
            smtputf8=not (job.rcpt.isascii() and head.isascii()),
            clean=not content.foreign,
        )

    def tokens(self, job: Job, content: Prepared, *, marketing: bool) -> list[str]:
        """Return path, trace, open; in marketing unsubscribe and its address; then one per link."""
        key = content.domain, content.links, marketing
        found = self._sets.get(key)
        if found is None:
            if len(self._sets) >= _KEPT:
                self._sets.clear()
            found = self._sets[key] = _token_set(*key, self.token_keys)
        return found.encode(job.tenant_number, job.message_id)


def _token_set(domain: str, links: int, marketing: bool, keys: TokenKeys) -> TokenSet:  # the parts of a key
    edge, mail = f"t.{domain}", f"rp.{domain}"
    uses = [Use(Purpose.RETURN_PATH, mail), Use(Purpose.TRACE, domain), Use(Purpose.OPEN, edge)]
    if marketing:
        uses += [Use(Purpose.UNSUBSCRIBE, edge), Use(Purpose.MAILTO, mail)]
    return TokenSet([*uses, *(Use(Purpose.CLICK, edge, index) for index in range(links))], keys)


class Names:
    """The addresses and links that lead back to one message."""

    def __init__(self, job: Job, content: Prepared, composer: Composer) -> None:
        self._job = job
        self._content = content
        self._marketing = job.stream == Stream.MARKETING
        tokens = composer.tokens(job, content, marketing=self._marketing)
        self._return, self._trace, self._open, *others = tokens
        self._unsubscribe, self._mailto = (others.pop(0), others.pop(0)) if self._marketing else ("", "")
        self._clicks = others
        self._mail_host = f"rp.{content.domain}"
        self._base = f"{composer.edge_scheme}://t.{content.domain}{composer.edge_port}"

    def return_path(self) -> str:
        """The envelope's sender (VERP)."""
        return f"{self._return}@{self._mail_host}"

    def unsubscribe_url(self) -> str:
        """The page for people, and the one-click target (RFC 8058)."""
        return f"{self._base}/u/{self._unsubscribe}"

    def context(self) -> dict[str, object]:
        """All names that templates may use."""
        context: dict[str, object] = dict(self._job.merge)
        context["sender"] = self._content.sender
        if self._marketing:
            context["unsubscribe_url"] = self.unsubscribe_url()
        if self._clicks:
            base = f"{self._base}/c/"
            context["relay_link"] = [base + token for token in self._clicks]
        context["relay_pixel"] = f"{self._base}/o/{self._open}.gif"
        return context

    def letter(self, dated_at: datetime) -> Letter:
        """The message before it is signed."""
        job, content = self._job, self._content
        # What all copies of one submission show; a campaign's message names its own recipient alone.
        shown = job.merge.get("relay", {})
        recipients = [address_field("To", shown.get("to") or [("", job.rcpt)])]
        if shown.get("cc"):
            recipients.append(address_field("Cc", shown["cc"]))
        return content.form.fill(
            self.context(),
            date=date_field(dated_at),
            recipients=recipients,
            message_id=message_id_field(f"{job.message_id.hex}@{content.domain}"),
            own=self.fields(),
        )

    def fields(self) -> Sequence[Field]:
        """What all mail carries for complaint loops and traces, and what marketing mail must carry."""
        job, content = self._job, self._content
        stream = _STREAM_NAMES[job.stream]
        feedback = headers.field(
            "Feedback-ID", f"c{job.campaign_id or 0}:t{job.tenant_number}:{stream}:relay"
        )
        trace = headers.field("X-Relay-Trace", f"{self._trace}@{content.domain}")
        # RFC 9477 §3.1.2: a name below the From domain needs no signature but the tenant's own.
        complaints = headers.field("CFBL-Address", f"{self.return_path()}; report=arf")
        # No host: its grammar has no dot.
        about = headers.field("CFBL-Feedback-ID", self._trace)
        always = (feedback, trace, complaints, about)
        if not self._marketing:
            return always
        targets = f"<{self.unsubscribe_url()}>,\r\n <mailto:{self._mailto}@{self._mail_host}>"
        return (headers.field("List-Unsubscribe", targets), *content.list_fields, *always)
