"""One client's session: messages of whoever has signed in; `250` for one comes after its commit."""

import asyncio
import logging
import secrets

from django.conf import settings

from accounts.services.smtp_credentials import AuthenticatedCredential
from delivery.services.raw_spec import MAX_RECIPIENTS, Notice, RecipientNotice
from delivery.submission import replies
from delivery.submission.arguments import Mail, Refused, read_mail_from, read_rcpt_to
from delivery.submission.committer import Delivery
from delivery.submission.connection import command
from delivery.submission.reader import Inflow, Lost, read_chunk, read_data
from delivery.submission.sign_in import SigningIn
from relay_saas.mail.ids import format_id
from relay_saas.web.errors import RelayError

log = logging.getLogger(__name__)


class SubmissionSession(SigningIn):
    """The commands of mail transactions, and those that only say something."""

    @command
    async def smtp_MAIL(self, argument: str | None) -> None:  # noqa: N802
        """The envelope's sender, of a session that has signed in."""
        self._need_sign_in()
        if self._mail is not None:
            raise Refused("503 5.5.1 One message after the other")
        if self._messages >= self._limits.messages:
            self._hang_up("421 4.7.0 Enough messages in one session, connect again")
            return
        self._mail = read_mail_from(argument, size=self._limits.message, dsn=self._dsn())
        await self.push("250 2.1.0 Ok")

    @command
    async def smtp_RCPT(self, argument: str | None) -> None:  # noqa: N802
        """A recipient; one that is suppressed is taken, and ends as such."""
        self._need_sign_in()
        if self._mail is None:
            raise Refused("503 5.5.1 Say MAIL first")
        if len(self._recipients) >= MAX_RECIPIENTS:
            raise Refused(f"452 4.5.3 A message has at most {MAX_RECIPIENTS} recipients")
        own = f"inbound.{settings.RELAY_ZONE}"
        found = read_rcpt_to(argument, smtputf8=self._mail.smtputf8, dsn=self._dsn(), own=own)
        self._recipients.append(found)
        await self.push("250 2.1.5 Ok")

    @command
    async def smtp_DATA(self, argument: str | None) -> None:  # noqa: N802
        """The message up to its dot (RFC 5321 §4.1.1.4)."""
        credential, mail = self._need_recipients()
        if argument or self._inflow is not None:
            raise Refused("503 5.5.1 DATA has no argument, and does not mix with BDAT")
        await super().push("354 End with a dot on a line by itself")
        inflow = self._open_inflow()
        try:
            async with asyncio.timeout(self._limits.data):
                most = 2 * self._limits.message + 65536
                await read_data(self._reader, inflow, most=most, beat=self._reset_timeout)
        except TimeoutError:
            self._hang_up("421 4.4.2 The message took too long")
            return
        except Lost:
            self._hang_up("421 4.3.0 The message has no end")
            return
        await self._accept(credential, mail, inflow)

    @command
    async def smtp_BDAT(self, argument: str | None) -> None:  # noqa: N802
        """A piece of the message, by its size (RFC 3030)."""
        words = (argument or "").upper().split()
        if not words or not words[0].isascii() or not words[0].isdigit() or words[1:] not in ([], ["LAST"]):
            self._hang_up("501 5.5.4 BDAT takes a size, and LAST")
            return
        size = int(words[0][:12])
        if size > 2 * self._limits.message:
            self._hang_up("552 5.3.4 The piece is too large")
            return
        inflow = self._inflow or self._open_inflow()
        try:
            envelope = self._need_recipients()
        except Refused as refusal:
            # Its octets follow whatever is answered, and must not be read as commands.
            inflow.drop()
            await self._read_chunk(inflow, size)
            self._close_inflow()
            raise Refused(refusal.reply) from refusal
        await self._read_chunk(inflow, size)
        if words[1:]:
            await self._accept(*envelope, inflow)
        elif inflow.dropped:
            await self._too_much(inflow)
        else:
            await self.push(f"250 2.0.0 {size} octets")

    async def _read_chunk(self, inflow: Inflow, size: int) -> None:
        try:
            async with asyncio.timeout(self._limits.data):
                await read_chunk(self._reader, inflow, size, self._reset_timeout)
        except (TimeoutError, Lost) as error:
            self._hang_up("421 4.4.2 The message took too long")
            raise Lost from error

    async def _accept(self, credential: AuthenticatedCredential, mail: Mail, inflow: Inflow) -> None:
        """Answers once it is committed, or is not."""
        try:
            if inflow.dropped:
                await self._too_much(inflow)
                return
            now = await self._renewed(credential)
            self._messages += 1
            self._reset_timeout(self._limits.commit)
            await self._answer(self._delivery(now, mail, inflow.take()))
        finally:
            self._reset_mail()
            self._reset_timeout()

    async def _answer(self, delivery: Delivery) -> None:
        try:
            accepted = await self._server.committer.accept(delivery)
        except RelayError as error:
            await self.push(replies.of_error(error))
            return
        except Exception as error:
            log.error("a message was not accepted", exc_info=error)  # noqa: TRY400 - the error is another's
            await self.push(replies.TRY_LATER)
            return
        queue_id = format_id("em", accepted.submission.pk)
        log.info(
            "%s from credential %s, recipients: %s%s",
            queue_id,
            delivery.credential.credential_id,
            len(delivery.recipients),
            ", repeated" if accepted.repeated else "",
        )
        await self.push(f"250 2.0.0 Ok: queued as {queue_id}")

    def _delivery(self, credential: AuthenticatedCredential, mail: Mail, raw: bytes) -> Delivery:
        said = {one.address.key: one for one in self._recipients if one.notify or one.orcpt}
        return Delivery(
            credential=credential,
            raw=raw,
            envelope_from=mail.address,
            recipients=[str(one.address) for one in self._recipients],
            notice=Notice(
                ret=mail.ret,
                envid=mail.envid,
                recipients={
                    key: RecipientNotice(notify=one.notify, orcpt=one.orcpt) for key, one in said.items()
                },
            ),
            request_id=f"smtp-{secrets.token_hex(8)}",
        )

    async def _too_much(self, inflow: Inflow) -> None:
        if inflow.crowded:
            await self.push("452 4.3.1 Too much is coming in now, try again later")
        else:
            await self.push(f"552 5.3.4 A message may have {self._limits.message} octets")

    def _need_recipients(self) -> tuple[AuthenticatedCredential, Mail]:
        credential = self._need_sign_in()
        if self._mail is None:
            raise Refused("503 5.5.1 Say MAIL first")
        if not self._recipients:
            raise Refused("554 5.5.1 No valid recipients")
        return credential, self._mail

    async def smtp_RSET(self, argument: str | None) -> None:  # noqa: N802
        """Forgets the message, not the sign-in."""
        if argument:
            await self.push("501 5.5.4 RSET takes no argument")
            return
        self._reset_mail()
        await self.push("250 2.0.0 Ok")

    async def smtp_VRFY(self, argument: str | None) -> None:  # noqa: N802, ARG002
        """Says nothing about anybody."""
        await self.push("252 2.1.5 Send mail and see")

    async def smtp_EXPN(self, argument: str | None) -> None:  # noqa: N802, ARG002
        """Nor about lists."""
        await self.push("502 5.5.1 EXPN is not offered")

    async def smtp_HELP(self, argument: str | None) -> None:  # noqa: N802, ARG002
        """Where to read on."""
        await self.push("214 2.0.0 RFC 6409: EHLO, STARTTLS, AUTH, MAIL, RCPT, DATA or BDAT, QUIT")

    async def smtp_GET(self, argument: str | None) -> None:  # noqa: N802, ARG002
        """A web browser, or somebody who uses one against us."""
        self._hang_up("554 5.5.1 This is no web server")

    smtp_POST = smtp_PUT = smtp_HEAD = smtp_OPTIONS = smtp_CONNECT = smtp_GET  # noqa: N815
