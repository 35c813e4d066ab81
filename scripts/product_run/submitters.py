"""Programs that hand in mail by SMTP and try again for as long as they have no answer, as a queue does."""

import smtplib
import ssl
import time
from dataclasses import dataclass, field

from scripts.product_run.crowd import Crowd

SECONDS = 20.0
PAUSE = 0.05


@dataclass(slots=True, kw_only=True)
class Submitters(Crowd):
    """So many sessions at once; each message has its own recipient and Message-ID."""

    port: int
    username: str
    password: str
    sender: str
    domain: str
    size: int = 10_000
    #: The queue id that each recipient's message was answered with.
    answered: dict[str, str] = field(default_factory=dict)
    #: How often a session broke off before a message was answered, which was then sent again.
    repeated: int = 0
    #: Refusals, which nobody expects.
    refused: list[str] = field(default_factory=list)

    def _work(self, number: int) -> None:
        turn = 0
        client: smtplib.SMTP | None = None
        while not self._over.is_set():
            rcpt = f"s{number}-{turn}@{self.domain}"
            turn += 1
            while rcpt not in self.answered:
                try:
                    client = client or self._open()
                    self._send(client, rcpt)
                except (OSError, smtplib.SMTPServerDisconnected, smtplib.SMTPConnectError):
                    self.repeated += client is not None
                    client = None
                    time.sleep(PAUSE)
                except smtplib.SMTPException as error:
                    self.refused.append(f"{rcpt}: {error}")
                    return
        if client is not None:
            client.close()

    def _open(self) -> smtplib.SMTP:
        # Whose certificate it is does not matter on loopback.
        context = ssl._create_unverified_context()  # noqa: S323
        client = smtplib.SMTP_SSL("127.0.0.1", self.port, context=context, timeout=SECONDS)
        client.login(self.username, self.password)
        return client

    def _send(self, client: smtplib.SMTP, rcpt: str) -> None:
        client.mail(self.sender)
        client.rcpt(rcpt)
        code, answer = client.data(self.letter(rcpt))
        if code in {421, 451}:
            client.close()
            raise smtplib.SMTPServerDisconnected(answer)
        if code != 250:
            raise smtplib.SMTPDataError(code, answer)
        self.answered[rcpt] = answer.decode().rpartition(" ")[2]

    def letter(self, rcpt: str) -> bytes:
        """The message of a recipient, the same each time."""
        lines = [
            f"From: {self.sender}",
            f"To: {rcpt}",
            "Subject: Order",
            f"Message-ID: <{rcpt}>",
            "",
            *["Thank you for your order, which is on its way to you now and soon there."] * (self.size // 74),
        ]
        return "\r\n".join([*lines, ""]).encode()
