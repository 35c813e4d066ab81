"""Programs that post mail to the API; those with an Idempotency-Key try again until they have an answer."""

import base64
import itertools
import json
import time
from collections import Counter
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from typing import Any, Final

from scripts.product_run.crowd import Crowd

SECONDS: Final = 30.0
PAUSE: Final = 0.05
#: Seconds after which a key without an answer is called stuck.
PATIENCE: Final = 60.0
#: Mails of a batch, recipients of a whole message.
BATCH, ENVELOPE = 8, 2
_LINE: Final = "Thank you for your order, which is on its way to you now and soon there.\r\n"
#: Come again: a key whose first request runs still, too many requests, a database that is away.
_LATER: Final = {409, 429, 503}


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """One request."""

    kind: str
    path: str
    body: bytes
    #: Who gets mail by it and by nothing else.
    recipients: tuple[str, ...]
    #: Empty without one.
    key: str


@dataclass(slots=True, kw_only=True)
class Posters(Crowd):
    """So many connections at once, each with a request after the other."""

    port: int
    secret: str
    sender: str
    domain: str
    #: The id that each recipient's message was answered with.
    answered: dict[str, str] = field(default_factory=dict)
    #: Requests without a key that broke off; nobody knows what became of them.
    abandoned: list[Post] = field(default_factory=list)
    #: Refusals and keys that never had an answer, which nobody expects.
    refused: list[str] = field(default_factory=list)
    #: By kind of request and what became of it.
    counts: Counter[str] = field(default_factory=Counter)
    #: Numbers of the requests that were written and have no answer, and of those that broke off so.
    flying: set[int] = field(default_factory=set)
    broken: set[int] = field(default_factory=set)
    #: The longest from the first try with a key to its answer, in seconds.
    longest: float = 0.0
    _numbers: "itertools.count[int]" = field(default_factory=itertools.count)

    def _work(self, number: int) -> None:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=SECONDS)
        for turn in itertools.count():
            if self._over.is_set():
                break
            self._hand_in(connection, self._post(f"p{number}-{turn}", number + turn))
        connection.close()

    def _hand_in(self, connection: HTTPConnection, post: Post) -> None:
        began = time.monotonic()
        while time.monotonic() - began < PATIENCE:
            number = next(self._numbers)
            try:
                status, replayed, document = self._ask(connection, post, number)
            except (OSError, HTTPException):
                connection.close()
                sent = number in self.flying
                self._broke_off(number)
                self.counts[f"{post.kind} broken off"] += sent
                if sent and not post.key:
                    self.abandoned.append(post)
                    return
                time.sleep(PAUSE)
                continue
            self.flying.discard(number)
            if status in _LATER:
                self.counts[f"answered {status}"] += 1
                time.sleep(PAUSE)
                continue
            self._note(post, status, document)
            self.counts[f"{post.kind} answered"] += 1
            self.counts["replayed"] += replayed
            self.longest = max(self.longest, time.monotonic() - began)
            return
        self.refused.append(f"{post.recipients[0]}: no answer in {PATIENCE:.0f} s")

    def _broke_off(self, number: int) -> None:
        if number in self.flying:
            self.flying.discard(number)
            self.broken.add(number)

    def _ask(self, connection: HTTPConnection, post: Post, number: int) -> tuple[int, bool, Any]:
        headers = {"Authorization": f"Bearer {self.secret}", "Content-Type": "application/json"}
        if post.key:
            headers["Idempotency-Key"] = post.key
        if connection.sock is None:
            connection.connect()
        self.flying.add(number)
        connection.request("POST", post.path, post.body, headers)
        answer = connection.getresponse()
        text = answer.read()
        return answer.status, "Idempotency-Replayed" in answer.headers, json.loads(text)

    def _note(self, post: Post, status: int, document: Any) -> None:
        lines = document.get("data", [document])
        messages = [message for line in lines for message in line.get("messages", ())]
        found = {message["to"]: message["id"] for message in messages}
        if status >= 300 or set(found) != set(post.recipients):
            self.refused.append(f"{post.recipients[0]}: {status} {document}")
            return
        self.answered.update(found)

    def _post(self, name: str, turn: int) -> Post:
        """Every second one has a key, and each kind comes with and without."""
        key = name if turn % 2 else ""
        make = (self._single, self._batch, self._raw)[turn // 2 % 3]
        return make(name, key)

    def _single(self, name: str, key: str) -> Post:
        to = f"{name}@{self.domain}"
        body = json.dumps(self._mail(to)).encode()
        return Post(kind="single", path="/api/v1/emails", body=body, recipients=(to,), key=key)

    def _batch(self, name: str, key: str) -> Post:
        to = tuple(f"{name}-{item}@{self.domain}" for item in range(BATCH))
        body = json.dumps({"emails": [self._mail(one) for one in to]}).encode()
        return Post(kind="batch", path="/api/v1/emails/batch", body=body, recipients=to, key=key)

    def _raw(self, name: str, key: str) -> Post:
        to = tuple(f"{name}-{item}@{self.domain}" for item in range(ENVELOPE))
        head = f"From: {self.sender}\r\nTo: {', '.join(to)}\r\nSubject: {name}\r\n\r\n"
        octets = (head + _LINE * 100).encode()
        document = {"raw": base64.b64encode(octets).decode(), "to": list(to)}
        return Post(
            kind="raw", path="/api/v1/emails/raw", body=json.dumps(document).encode(), recipients=to, key=key
        )

    def _mail(self, to: str) -> dict[str, object]:
        return {"from": self.sender, "to": [to], "subject": f"Order of {to}", "text": _LINE * 100}
