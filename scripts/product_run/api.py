"""The mail API, spoken by a program with a key."""

import json
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any

SECONDS = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Api:
    """One key at one installation."""

    base_url: str
    key: str

    def send(self, message: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """`POST /emails`: status and document."""
        return self._ask("POST", "/emails", json.dumps(message).encode())

    def status(self, submission: str) -> str:
        """Where the one message of a submission stands."""
        return str(self._ask("GET", f"/emails/{submission}")[1]["messages"][0]["status"])

    def events(self, submission: str) -> list[dict[str, Any]]:
        """What happened to it."""
        document = self._ask("GET", f"/emails/{submission}/events")[1]
        return list(document["events"])

    def _ask(self, method: str, path: str, body: bytes | None = None) -> tuple[int, dict[str, Any]]:
        url = f"{self.base_url}/api/v1{path}"
        request = urllib.request.Request(url, data=body, method=method)  # noqa: S310 - our own base
        request.add_header("Authorization", f"Bearer {self.key}")
        request.add_header("Content-Type", "application/json")
        try:
            with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310 - the same
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.load(error)
