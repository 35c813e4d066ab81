"""Mail from a provider to whoever sent: from the null sender, at the relay's own mail server."""

import asyncio
import smtplib
import ssl
from dataclasses import dataclass

SECONDS = 20.0
TRIES = 3
AGAIN_SECONDS = 2.0


def _any_certificate() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """Where the relay takes mail that comes back."""

    server: tuple[str, int]

    async def send(self, letter: bytes, *, to: str, host: str, address: str) -> int:
        """The code of the last reply; 0 where there was none. A refusal for now is tried again."""
        code = 0
        for again in range(TRIES):
            if again:
                await asyncio.sleep(AGAIN_SECONDS)
            code = await asyncio.to_thread(self._send, letter, to, host, address)
            if code and code // 100 != 4:
                break
        return code

    def _send(self, letter: bytes, to: str, host: str, address: str) -> int:
        source = (address, 0)
        try:
            with smtplib.SMTP(*self.server, host, timeout=SECONDS, source_address=source) as smtp:
                smtp.ehlo()
                if smtp.has_extn("starttls"):
                    # As between mail servers: better than clear text, whoever signed it.
                    smtp.starttls(context=_any_certificate())
                    smtp.ehlo()
                for code, _ in (smtp.mail(""), smtp.rcpt(to)):
                    if code // 100 != 2:
                        return code
                return smtp.data(letter)[0]
        except smtplib.SMTPResponseException as error:
            return error.smtp_code
        except (smtplib.SMTPException, OSError):
            return 0
