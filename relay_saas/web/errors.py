"""The root of every app's error tree, and the place that turns errors into answers (RFC 9457) and pages."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext_lazy as _
from rest_framework import exceptions as drf

from relay_saas.web.problems import FieldProblem, Problem, Text, flatten
from relay_saas.web.request_id import request_id

#: Paths of programs: ours, and those that clients of other services ask for (docs/migration.md).
API_PREFIXES = ("/api/", "/postmark/", "/resend/", "/email")
JSON_TYPES = ("application/json", "application/problem+json")


class RelayError(Exception):
    """A code for machines, a message for people and an HTTP status; each app roots its error tree here.

    Subclasses set the three attributes; a call may say more: `DomainNotVerified(_("news.acme.test is not
    verified yet."), errors=[FieldProblem(...)])`. `headers` go into the answer, such as Retry-After.
    """

    code: str = "error"
    status: int = 400
    message: Text = _("The request cannot be carried out.")

    def __init__(
        self,
        message: Text | None = None,
        *,
        code: str | None = None,
        status: int | None = None,
        errors: Sequence[FieldProblem] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.message = self.message if message is None else message
        self.code = code or self.code
        self.status = status or self.status
        self.errors = tuple(errors)
        self.headers = dict(headers or {})
        super().__init__(self.code)

    def __str__(self) -> str:
        """Return the message in the active language."""
        return str(self.message)


class NotFound(RelayError):
    """There is no such thing, or it belongs to somebody else: the answers are the same."""

    code = "not_found"
    status = 404
    message = _("There is nothing at this address, or you may not see it.")


class Forbidden(RelayError):
    """The person is known, and may not do this."""

    code = "forbidden"
    status = 403
    message = _("You are not allowed to do this. Ask an owner of your organization.")


class BadRequest(RelayError):
    """The request could not be read at all."""

    code = "bad_request"
    status = 400
    message = _("The request could not be read. Go back, reload the page and try again.")


class FormExpired(RelayError):
    """The CSRF token is missing or old."""

    code = "form_expired"
    status = 403
    message = _("This form has expired. Go back, reload the page and send it again.")


class Unexpected(RelayError):
    """Our fault; the log holds the rest under the request id."""

    code = "internal_error"
    status = 500
    message = _("Something went wrong on our side. Nothing was lost; please try again in a moment.")


class ErrorMiddleware:
    """Answer a RelayError that a view raised, as problem+json for the API and as a page for people."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on; only `process_exception` does something."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Return the answer to a RelayError; None leaves everything else to Django."""
        return answer(request, exception) if isinstance(exception, RelayError) else None


def answer(request: HttpRequest, error: RelayError) -> HttpResponse:
    """Return `error` in the form that the caller reads: problem+json, a line for a toast, or a page."""
    problem = problem_of(error, instance=request.path, request_id=request_id(request))
    if wants_json(request):
        return json_answer(problem, error.headers)
    if request.headers.get("HX-Request") == "true":
        return HttpResponse(problem.detail, status=problem.status, content_type="text/plain; charset=utf-8")
    # Without the request: an error page asks nothing of the database, and is the same for everybody.
    html = render_to_string("base/error.html", {"problem": problem})
    return HttpResponse(html, status=problem.status, headers=error.headers)


def wants_json(request: HttpRequest) -> bool:
    """Say whether the caller is a program: an API path, or JSON preferred over HTML."""
    if request.path.startswith(API_PREFIXES):
        return True
    return request.get_preferred_type(["text/html", *JSON_TYPES]) in JSON_TYPES


def problem_of(error: RelayError, *, instance: str, request_id: str) -> Problem:
    """Return `error` as an RFC 9457 problem."""
    return Problem(
        status=error.status,
        code=error.code,
        title=HTTPStatus(error.status).phrase,
        detail=str(error),
        instance=instance,
        request_id=request_id,
        errors=error.errors,
    )


def json_answer(problem: Problem, headers: Mapping[str, str]) -> HttpResponse:
    """Return the problem as application/problem+json."""
    return JsonResponse(
        problem.document(),
        status=problem.status,
        headers=dict(headers),
        content_type="application/problem+json",
        json_dumps_params={"ensure_ascii": False},
    )


def problem_response(exception: Exception, context: Mapping[str, Any]) -> HttpResponse | None:
    """DRF's exception handler: problem+json for every error it knows; None lets the rest become a 500."""
    error = translated(exception)
    if error is None:
        return None
    request: HttpRequest = context["request"]
    problem = problem_of(error, instance=request.path, request_id=request_id(request))
    return json_answer(problem, error.headers)


def translated(exception: Exception) -> RelayError | None:
    """Return DRF's and Django's exceptions as ours; None for a bug."""
    if isinstance(exception, RelayError):
        return exception
    if isinstance(exception, Http404):
        return NotFound()
    if isinstance(exception, PermissionDenied):
        return Forbidden()
    if isinstance(exception, drf.APIException):
        return _from_drf(exception)
    return None


def _from_drf(exception: drf.APIException) -> RelayError:
    """Return a DRF exception as ours: its status and code, its details by JSON pointer (RFC 6901)."""
    headers = {}
    if challenge := getattr(exception, "auth_header", None):
        headers["WWW-Authenticate"] = str(challenge)
    if wait := getattr(exception, "wait", None):
        headers["Retry-After"] = str(math.ceil(wait))
    fields = flatten(exception.detail) if isinstance(exception, drf.ValidationError) else ()
    return RelayError(
        _("Some values are not acceptable.") if fields else str(exception.detail),
        code=getattr(exception.detail, "code", exception.default_code),
        status=exception.status_code,
        errors=fields,
        headers=headers,
    )


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001 (Django's signature)
    """handler400."""
    return answer(request, BadRequest())


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001
    """handler403."""
    return answer(request, Forbidden())


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001
    """handler404."""
    return answer(request, NotFound())


def server_error(request: HttpRequest) -> HttpResponse:
    """handler500."""
    return answer(request, Unexpected())


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001
    """CSRF_FAILURE_VIEW."""
    return answer(request, FormExpired())
