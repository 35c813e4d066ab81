"""A caller of the API in tests: a key, JSON in, JSON out."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.test import Client

from accounts.audit import SYSTEM
from accounts.services.api_keys import issue_key

PREFIX = "/api/v1/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back."""

    status: int
    json: Any
    headers: Mapping[str, str]
    body: bytes

    @property
    def code(self) -> str:
        """Of a refusal."""
        assert self.headers["Content-Type"] == "application/problem+json", self
        return str(self.json["code"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Api:
    """One key."""

    secret: str

    def __call__(
        self, method: str, path: str, body: Any = None, *, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """`api("POST", "lists", {"name": "News"})`; bytes go as they are."""
        sent = {"Authorization": f"Bearer {self.secret}", **(headers or {})}
        data = body if isinstance(body, bytes) else _encoded(body)
        url = path if path.startswith("/") else PREFIX + path
        response = Client().generic(method, url, data, content_type="application/json", headers=sent)
        return answer_of(response)


def _encoded(body: Any) -> bytes:
    return b"" if body is None else json.dumps(body).encode()


def answer_of(response: Any) -> Answer:
    """The answer of Django's client."""
    raw = b"".join(response.streaming_content) if response.streaming else response.content
    kind = response.headers.get("Content-Type", "")
    document = json.loads(raw) if raw and "json" in kind else None
    return Answer(status=response.status_code, json=document, headers=dict(response.headers), body=raw)


def api_of(tenant_id: UUID, *scopes: str) -> Api:
    """A caller with a new key."""
    return Api(secret=issue_key(tenant_id=tenant_id, name="shop", scopes=scopes, actor=SYSTEM)[1])
