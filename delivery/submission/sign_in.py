"""AUTH: PLAIN and LOGIN under TLS alone (RFC 4954, RFC 4616)."""

import asyncio
import functools

from accounts.services.networks import comes_from
from accounts.services.smtp_credentials import AuthenticatedCredential, authenticate, current, recall
from delivery.submission.arguments import Refused, decode_base64, read_plain
from delivery.submission.connection import Connection, command
from delivery.submission.limits import COMMANDS
from delivery.submission.reader import Lost


class SigningIn(Connection):
    """A connection that learns whose it is."""

    @command
    async def smtp_AUTH(self, argument: str | None) -> None:  # noqa: N802
        """PLAIN and LOGIN, under TLS alone (RFC 4954)."""
        self._need_greeting()
        if not self._secure():
            raise Refused("538 5.7.11 Say STARTTLS first: AUTH is for encrypted connections")
        if self._credential is not None:
            raise Refused("503 5.5.1 You have signed in already")
        if self._mail is not None:
            raise Refused("503 5.5.1 Not within a message")
        mechanism, _, initial = (argument or "").partition(" ")
        match mechanism.upper():
            case "PLAIN":
                response = initial.encode("utf-8", "surrogateescape") if initial else await self._ask("")
                username, password = read_plain(response)
            case "LOGIN":
                username, password = await self._login(initial)
            case _:
                raise Refused("504 5.5.4 AUTH takes PLAIN or LOGIN")
        await self._sign_in(username, password)

    async def _login(self, initial: str) -> tuple[str, str]:
        first = initial.encode("utf-8", "surrogateescape") if initial else await self._ask("VXNlcm5hbWU6")
        username = decode_base64(first)
        password = decode_base64(await self._ask("UGFzc3dvcmQ6"))
        try:
            return username.decode(), password.decode()
        except UnicodeDecodeError as error:
            raise Refused("535 5.7.8 User name or password is wrong") from error

    async def _ask(self, challenge: str) -> bytes:
        await super().push(f"334 {challenge}")
        try:
            line: bytes = await self._reader.readuntil()
        except asyncio.LimitOverrunError as error:
            self._hang_up("421 4.7.0 A line is too long")
            raise Lost from error
        if len(line) > COMMANDS["AUTH"]:
            raise Refused("500 5.5.6 The answer is too long")
        self._reset_timeout()
        return line.rstrip(b"\r\n")

    async def _sign_in(self, username: str, password: str) -> None:
        peer = self._peer or ""
        started = self.loop.time()
        found = None
        if not self._server.gate.is_shut(peer):
            found = await self._in_thread(
                functools.partial(authenticate, username=username, password=password, peer=peer)
            )
        if found is None:
            await self._refuse_sign_in(peer, started)
            return
        if not self._server.gate.sign_in(found.credential_id):
            raise Refused("454 4.7.0 This credential has too many sessions, try again later")
        self._credential = found
        self._errors = 0
        await self.push("235 2.7.0 Welcome")

    async def _refuse_sign_in(self, peer: str, started: float) -> None:
        """As late whatever was wrong, and the same words."""
        self._server.gate.fail(peer)
        self._failures += 1
        await asyncio.sleep(started + self._limits.failure - self.loop.time())
        if self._failures >= self._limits.failures:
            self._hang_up("421 4.7.0 Too many failed sign-ins")
            return
        await self.push("535 5.7.8 User name or password is wrong")

    def _need_sign_in(self) -> AuthenticatedCredential:
        self._need_greeting()
        if not self._secure():
            raise Refused("530 5.7.0 Say STARTTLS first")
        if self._credential is None:
            raise Refused("530 5.7.0 Sign in first")
        return self._credential

    async def _renewed(self, credential: AuthenticatedCredential) -> AuthenticatedCredential:
        """The credential as it is now: a session may outlive it, or what it was allowed."""
        found = recall(credential.credential_id)
        if found is None:
            ask = functools.partial(current, credential.tenant_id, credential.credential_id)
            found = await self._in_thread(ask)
        if found is None:
            self._hang_up("421 4.7.0 The credential was revoked")
            raise Lost
        if found.networks != credential.networks and not comes_from(self._peer or "", found.networks):
            self._hang_up("421 4.7.0 The credential may not be used from your address any more")
            raise Lost
        self._credential = found
        return found
