"""Errors as programs and as people meet them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.utils import translation
from rest_framework import exceptions as drf

from relay_saas.web.errors import (
    ErrorMiddleware,
    RelayError,
    answer,
    bad_request,
    csrf_failure,
    forbidden,
    not_found,
    problem_response,
    server_error,
)
from relay_saas.web.problems import FieldProblem
from relay_saas.web.request_id import RequestIdMiddleware


class DomainNotVerified(RelayError):
    """An app's error, as apps write them."""

    code = "domain_not_verified"
    status = 409
    message = "The domain is not verified yet."


def body(response: HttpResponse) -> dict[str, Any]:
    assert response["Content-Type"] == "application/problem+json"
    parsed: dict[str, Any] = json.loads(response.content)
    return parsed


def handled(exception: Exception, path: str = "/api/v1/emails") -> HttpResponse:
    """What the API answers to `exception`."""
    response = problem_response(exception, {"request": RequestFactory().post(path)})
    assert response is not None
    return response


def test_an_app_error_becomes_a_problem_with_its_code_and_status() -> None:
    response = handled(
        DomainNotVerified(errors=[FieldProblem(pointer="/from", code="unverified", detail="!")])
    )
    found = body(response)
    assert (response.status_code, found["status"], found["title"]) == (409, 409, "Conflict")
    assert found["code"] == "domain_not_verified"
    assert found["detail"] == "The domain is not verified yet."
    assert found["instance"] == "/api/v1/emails"
    assert found["errors"] == [{"pointer": "/from", "code": "unverified", "detail": "!"}]


def test_an_error_may_say_more_at_the_call_without_changing_its_class() -> None:
    error = DomainNotVerified("news.acme.test is not verified yet.", headers={"Retry-After": "60"})
    assert (str(error), error.code, error.status) == (
        "news.acme.test is not verified yet.",
        "domain_not_verified",
        409,
    )
    assert handled(error)["Retry-After"] == "60"
    assert DomainNotVerified.message == "The domain is not verified yet."


def test_a_validation_error_points_at_its_values() -> None:
    found = body(
        handled(drf.ValidationError({"to": [{}, {"email": [drf.ErrorDetail("No.", code="bad_address")]}]}))
    )
    assert found["status"] == 400
    assert found["errors"] == [{"pointer": "/to/1/email", "code": "bad_address", "detail": "No."}]


def test_a_throttled_caller_is_told_when_to_come_back() -> None:
    response = handled(drf.Throttled(wait=12.3))
    assert (response.status_code, response["Retry-After"]) == (429, "13")


def test_a_caller_without_a_key_is_told_how_to_sign_in() -> None:
    error = drf.NotAuthenticated()
    error.auth_header = 'Bearer realm="api"'
    response = handled(error)
    assert (response.status_code, response["WWW-Authenticate"]) == (401, 'Bearer realm="api"')
    assert body(response)["code"] == "not_authenticated"


@pytest.mark.parametrize(
    ("exception", "status", "code"),
    [
        (Http404("contact 17 of globex"), 404, "not_found"),
        (PermissionDenied("secret"), 403, "forbidden"),
        (drf.ParseError("JSON parse error"), 400, "parse_error"),
        (drf.UnsupportedMediaType("text/csv"), 415, "unsupported_media_type"),
        (drf.MethodNotAllowed("PUT"), 405, "method_not_allowed"),
    ],
)
def test_the_framework_s_errors_have_codes_too(exception: Exception, status: int, code: str) -> None:
    response = handled(exception)
    assert (response.status_code, body(response)["code"]) == (status, code)
    assert "globex" not in response.content.decode()
    assert "secret" not in response.content.decode()


def test_a_bug_is_left_to_the_500_handler() -> None:
    assert problem_response(KeyError("x"), {"request": RequestFactory().get("/api/v1/x")}) is None


def test_a_page_shows_the_message_the_code_and_the_request_id() -> None:
    request = RequestFactory().get("/o/acme/", headers={"X-Request-ID": "abc-123-def"})
    response = RequestIdMiddleware(lambda request: answer(request, DomainNotVerified()))(request)
    html = response.content.decode()
    assert response.status_code == 409
    assert "The domain is not verified yet." in html
    assert "domain_not_verified" in html
    assert "abc-123-def" in html
    assert response["X-Request-ID"] == "abc-123-def"


def test_a_page_speaks_the_active_language() -> None:
    request = RequestFactory().get("/nothing/")
    with translation.override("ja"):
        html = not_found(request, Http404()).content.decode()
    assert '<html lang="ja">' in html
    assert "ページが見つかりません" in html


def test_a_program_that_prefers_json_gets_it_on_any_path() -> None:
    request = RequestFactory().get("/o/acme/", headers={"Accept": "application/json"})
    assert body(not_found(request, Http404()))["code"] == "not_found"


def test_an_htmx_request_gets_one_line_for_the_toast() -> None:
    request = RequestFactory().post("/o/acme/", headers={"HX-Request": "true"})
    response = answer(request, DomainNotVerified())
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    assert response.content.decode() == "The domain is not verified yet."


def test_the_middleware_answers_our_errors_and_leaves_the_others() -> None:
    middleware = ErrorMiddleware(lambda _: HttpResponse())
    request = RequestFactory().get("/o/acme/")
    answered = middleware.process_exception(request, DomainNotVerified())
    assert answered is not None
    assert answered.status_code == 409
    assert middleware.process_exception(request, KeyError("bug")) is None


def test_every_handler_has_its_status() -> None:
    request: HttpRequest = RequestFactory().get("/x/")
    answers = [
        bad_request(request, ValueError()),
        forbidden(request, PermissionDenied()),
        not_found(request, Http404()),
        server_error(request),
        csrf_failure(request, "no cookie"),
    ]
    assert [one.status_code for one in answers] == [400, 403, 404, 500, 403]
    assert "no cookie" not in answers[-1].content.decode()


def test_two_unknown_pages_answer_byte_for_byte_the_same(client: Client) -> None:
    headers = {"X-Request-ID": "the-same-id"}
    pages = [client.get(path, headers=headers).content for path in ("/nothing/", "/never-was/")]
    assert pages[0] == pages[1]
    assert b"csrf" not in pages[0].lower()


def test_an_unknown_api_path_is_json(client: Client) -> None:
    found = body(client.get("/api/v1/nothing"))
    assert (found["status"], found["code"]) == (404, "not_found")
    assert found["request_id"]
