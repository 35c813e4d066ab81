"""One id per request, in the answer, in every log line, and shown to people who meet an error."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from typing import Final

from django.http import HttpRequest, HttpResponse
from structlog.contextvars import bound_contextvars

HEADER: Final = "X-Request-ID"
_WELL_FORMED: Final = re.compile(r"[A-Za-z0-9_-]{8,64}")
_META_KEY: Final = "relay.request_id"


class RequestIdMiddleware:
    """Take a well-formed X-Request-ID or make one; bind it to the log context and return it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request with its id in the log context and in the X-Request-ID header."""
        value = accepted_or_new(request.headers.get(HEADER, ""), new=uuid.uuid4())
        request.META[_META_KEY] = value
        with bound_contextvars(request_id=value):
            response = self.get_response(request)
        response[HEADER] = value
        return response


def accepted_or_new(given: str, *, new: uuid.UUID) -> str:
    """Return `given` if it is 8 to 64 letters, digits, hyphens or underscores, else `new` as 32 hex digits.

    A value from outside goes into logs and pages: nothing else may pass.
    """
    return given if _WELL_FORMED.fullmatch(given) else new.hex


def request_id(request: HttpRequest) -> str:
    """Return the id of `request`; empty before the middleware ran."""
    value: str = request.META.get(_META_KEY, "")
    return value
