"""Writes the log of API requests, after each answer."""

import json
import logging
from collections.abc import Callable
from time import monotonic

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from accounts.api.authentication import KEY_META
from accounts.services.request_log import keep_request
from relay_saas.web.errors import API_PREFIXES
from relay_saas.web.request_id import request_id

log = logging.getLogger(__name__)


class ApiRequestLogMiddleware:
    """Keeps each request whose key names an organization; a log that fails takes no answer away."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.startswith(API_PREFIXES):
            return self.get_response(request)
        at, began = timezone.now(), monotonic()
        response = self.get_response(request)
        if (known := request.META.get(KEY_META)) is not None:
            tenant_id, key_id = known
            try:
                keep_request(
                    tenant_id=tenant_id,
                    key_id=key_id,
                    at=at,
                    method=request.method or "",
                    path=request.path,
                    status=response.status_code,
                    code=problem_code(response),
                    milliseconds=round((monotonic() - began) * 1000),
                    request_id=request_id(request),
                )
            except DatabaseError:
                log.exception("the request log could not be written")
        return response


def problem_code(response: HttpResponse) -> str:
    """The machine code of a refusal; empty for everything else."""
    if response.headers.get("Content-Type") != "application/problem+json":
        return ""
    return str(json.loads(response.content)["code"])
