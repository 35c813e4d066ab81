"""The two doors through which a program hands in mail, each with a client that keeps its connection."""

import json
import smtplib
import ssl
import time
from http.client import HTTPConnection
from typing import Final, Protocol

from scripts.bench.stand import BenchFailed, Stand

_SECONDS: Final = 30.0
_TEXT: Final = "Your code is 123456. It is good for ten minutes.\r\n" * 20


class Door(Protocol):
    """Hands one mail in, whose subject is `timed-<name>`; the machine's monotonic clock right before the
    first byte, and when the answer was there."""

    def send(self, name: str, to: str) -> tuple[float, float]:
        """One mail."""

    def reopen(self) -> None:
        """A new connection: servers end those that are silent for minutes."""

    def close(self) -> None:
        """The connection."""


class Api:
    """`POST /emails` at the web server."""

    def __init__(self, stand: Stand, who: dict[str, str]) -> None:
        self._secret = stand.stage("api_key", tenant=who["tenant"])["secret"]
        self._sender = f"letters@{who['domain']}"
        self._connection = HTTPConnection("127.0.0.1", stand.ports.web, timeout=_SECONDS)

    def send(self, name: str, to: str) -> tuple[float, float]:
        """202, or BenchFailed."""
        mail = {"from": self._sender, "to": [to], "subject": f"timed-{name}", "text": _TEXT}
        body = json.dumps(mail).encode()
        headers = {"Authorization": f"Bearer {self._secret}", "Content-Type": "application/json"}
        began = time.monotonic()
        self._connection.request("POST", "/api/v1/emails", body, headers)
        answer = self._connection.getresponse()
        text = answer.read()
        if answer.status != 202:
            raise BenchFailed(f"the API answered {answer.status}: {text[:500]!r}")
        return began, time.monotonic()

    def reopen(self) -> None:
        """The next request connects anew."""
        self._connection.close()

    def close(self) -> None:
        """The connection."""
        self._connection.close()


class Submission:
    """The submission server, TLS from the start; its clock runs from DATA."""

    def __init__(self, stand: Stand, who: dict[str, str]) -> None:
        self._port = stand.ports.submission_tls
        self._credential = stand.stage("credential", **who)
        self._sender = f"letters@{who['domain']}"
        self._session = self._signed_in()

    def send(self, name: str, to: str) -> tuple[float, float]:
        """250, or BenchFailed."""
        head = f"From: {self._sender}\r\nTo: {to}\r\nMessage-ID: <{name}@bench.test>\r\n"
        self._session.mail(self._sender)
        self._session.rcpt(to)
        began = time.monotonic()
        code, text = self._session.data(f"{head}Subject: timed-{name}\r\n\r\n{_TEXT}".encode())
        if code != 250:
            raise BenchFailed(f"the submission server answered {code}: {text!r}")
        return began, time.monotonic()

    def reopen(self) -> None:
        """Signs in anew."""
        self._session.close()
        self._session = self._signed_in()

    def close(self) -> None:
        """The connection."""
        self._session.close()

    def _signed_in(self) -> smtplib.SMTP_SSL:
        # Whose certificate it is does not matter on loopback.
        context = ssl._create_unverified_context()  # noqa: S323
        session = smtplib.SMTP_SSL("127.0.0.1", self._port, context=context, timeout=_SECONDS)
        session.login(self._credential["username"], self._credential["password"])
        return session
