"""How one sees that a process is ready: it answers, or it says so in its log."""

import http.client
import socket
from collections.abc import Callable
from pathlib import Path

from relay_saas.embedded.ports import LOCAL

Probe = Callable[[], bool]
SECONDS = 5.0


def at_once() -> bool:
    """Ready as soon as it runs."""
    return True


def answers_http(port: int) -> Probe:
    """Any answer to `GET /` that is not a server's error."""

    def probe() -> bool:
        connection = http.client.HTTPConnection(LOCAL, port, timeout=SECONDS)
        try:
            connection.request("GET", "/")
            return connection.getresponse().status < 500
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    return probe


def greets(port: int, greeting: bytes) -> Probe:
    """The first bytes that a server says by itself, as SMTP's `220`."""

    def probe() -> bool:
        try:
            with socket.create_connection((LOCAL, port), timeout=SECONDS) as connection:
                return connection.recv(len(greeting)) == greeting
        except OSError:
            return False

    return probe


def says(log: Path, words: str) -> Probe:
    """The words appear in what is added to the log from now on."""
    before = log.stat().st_size if log.exists() else 0

    def probe() -> bool:
        if not log.exists():
            return False
        with log.open("rb") as file:
            file.seek(before)
            return words.encode() in file.read()

    return probe
