"""Requests to the tracking edge as they come from a mail: the host of the mail's URL, our own address."""

from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPConnection
from urllib.parse import urlsplit

from relay_saas.embedded.ports import LOCAL

#: Introduces itself as a library: what it opens and clicks counts as a machine's.
AGENT = "python-test/1"
SECONDS = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the edge said."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Edge:
    """One kept-open connection; redirects are not followed."""

    def __init__(self, port: int) -> None:
        self._connection = HTTPConnection(LOCAL, port, timeout=SECONDS)

    def ask(self, method: str, url: str, *, body: bytes | None = None) -> Answer:
        """One request."""
        parts = urlsplit(url)
        headers = {"Host": parts.netloc, "User-Agent": AGENT}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        self._connection.request(method, parts.path, body=body, headers=headers)
        answer = self._connection.getresponse()
        named = {name.lower(): value for name, value in answer.getheaders()}
        return Answer(status=answer.status, headers=named, body=answer.read())

    def close(self) -> None:
        """Ends the connection."""
        self._connection.close()
