"""The bad-input cases of API requests, and JSON that has more than one reading."""

import json
import time
from typing import Any

import pytest
from django.test import Client, override_settings

from accounts.models import SendingDomain, Tenant
from accounts.tenancy import tenant_scope
from delivery.models import Submission
from relay_saas.web.json_body import MAX_DEPTH, MAX_ITEMS, BadBody, read_object
from tests.cases.loader import load, to_bytes
from tests.delivery.test_api import BODY, URL, bearer, key_of, problem, read, send

CASES = {case["id"]: case for _, case in load("api_json")}
#: Same bytes for every route, so they are sent to ours; `normalise` there means "ignored or refused".
BODIES = [
    pytest.param(case, id=case["id"])
    for case in CASES.values()
    if to_bytes(case["input"]) is not None and case["id"] != "json-020"
]
#: test_api_repeats.py here, tests/integration/test_repeated_requests.py, and the campaigns' own API.
ELSEWHERE = {"json-061", "json-062", "json-063", "json-064", "json-066"}
BY_HAND = {
    "json-015", "json-019", "json-020", "json-022", "json-023", "json-024", "json-043", "json-050",
    "json-051", "json-056", "json-058", "json-059",
}  # fmt: skip


@pytest.fixture
def secret(tenant: Tenant, domain: SendingDomain) -> str:
    """A key of Acme."""
    return key_of(tenant)


def test_every_case_is_run_or_named() -> None:
    assert {case.id for case in BODIES if case.id} | BY_HAND | ELSEWHERE == set(CASES)


@pytest.mark.parametrize("case", BODIES)
def test_a_bad_body_is_refused_with_a_code(secret: str, tenant: Tenant, case: dict[str, Any]) -> None:
    status, code, _ = problem(send(secret, to_bytes(case["input"]) or b""))
    assert status in {400, 413, 422}
    assert code != "error"
    with tenant_scope(tenant.pk):
        assert not Submission.objects.exists()


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "bad_json"),
        (b"[]", "not_an_object"),
        (b"{}{}", "bad_json"),
        (b'{"a":1,}', "bad_json"),
        (b'{"a":1,"a":1}', "duplicate_member"),
        (b'{"b":{"a":1,"\\u0061":1}}', "duplicate_member"),
        (b'{"a":NaN}', "number_out_of_range"),
        (b'{"a":-Infinity}', "number_out_of_range"),
        (b'{"a":1e400}', "number_out_of_range"),
        (b'{"a":9223372036854775808}', "number_out_of_range"),
        (b'{"a":' + b"1" * 5000 + b"}", "number_out_of_range"),
        (b'{"a":"\xff"}', "bad_encoding"),
        (b'\xef\xbb\xbf{"a":1}', "bad_json"),
        ('{"a":1}'.encode("utf-16"), "bad_encoding"),
        (b'{"a":"\\u0000"}', "nul_character"),
        (b'{"\\u0000":1}', "nul_character"),
        (b'{"a":"\\ud800"}', "bad_unicode"),
        (b'{"a":"\n"}', "bad_json"),
        (b'{"a":' * (MAX_DEPTH + 1) + b"1" + b"}" * (MAX_DEPTH + 1), "too_deep"),
        (b'{"a":[' + b"1," * MAX_ITEMS + b"1]}", "too_many_items"),
        (b'{"a":"' + b"\\" * 100_001, "bad_json"),
    ],
)
def test_json_with_another_reading_is_refused(data: bytes, code: str) -> None:
    with pytest.raises(BadBody) as caught:
        read_object(data)
    assert caught.value.code == code


def test_text_is_read_as_it_stands() -> None:
    document = {"a": '{[,"\\', "b": ["あ", "\U0001f600", None, True, 1.5, -3]}
    assert read_object(json.dumps(document).encode()) == document
    assert read_object(json.dumps({"html": "{[,]}" * 100_000}).encode())["html"].startswith("{[,]}")


@pytest.mark.parametrize("part", [b'\\"', b'"', b"\\", b'"\\', b"[", b'"a":{', b" "])
def test_hostile_bodies_take_no_longer_than_long_ones(part: bytes) -> None:
    started = time.process_time()
    with pytest.raises(BadBody):
        read_object(b'{"a":"' + part * 2_000_000)
    # Quadratic reading would take minutes of processor time.
    assert time.process_time() - started < 15


def test_a_wide_object_is_refused_before_it_is_built(secret: str) -> None:
    body = b"{" + b",".join(b'"k%d":1' % number for number in range(1_000_000)) + b"}"
    assert problem(send(secret, body))[:2] == (413, "too_many_items")


@override_settings(DATA_UPLOAD_MAX_MEMORY_SIZE=1000)
def test_a_body_over_the_limit_is_refused_unread(secret: str) -> None:
    assert problem(send(secret, b'{"html":"' + b"a" * 1000 + b'"}'))[:2] == (413, "body_too_large")


def test_a_body_without_a_length_is_not_read(secret: str) -> None:
    assert problem(send(secret, json.dumps(BODY), **{"Content-Length": ""}))[0] in {400, 413}


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded", "text/html"],
)
def test_another_content_type_is_refused(secret: str, content_type: str) -> None:
    assert problem(send(secret, json.dumps(BODY), content_type))[:2] == (415, "unsupported_media_type")


def test_a_huge_limit_is_capped_and_other_parameters_are_refused(secret: str) -> None:
    url = f"{URL}/{send(secret, json.dumps(BODY)).json()['id']}"
    assert read(secret, f"{url}/events?limit=1000000").status_code == 200
    for query in ("limit=0", "limit=-1", "limit=1e9", "limit=%00", "ordering=email;drop table x--"):
        assert problem(read(secret, f"{url}/events?{query}"))[:2] == (400, "bad_parameter")
    assert problem(read(secret, f"{url}?fields=all"))[:2] == (400, "bad_parameter")


@pytest.mark.parametrize(
    "path", [f"{URL}/1%00", f"{URL}/../../admin/", f"{URL}/em_{'Z' * 26}/events", f"{URL}/"]
)
def test_a_path_that_names_nothing_is_not_found(secret: str, path: str) -> None:
    assert read(secret, path).status_code in {400, 404}


def test_methods_cannot_be_overridden_and_others_are_refused(secret: str) -> None:
    response = send(secret, json.dumps(BODY), **{"X-HTTP-Method-Override": "DELETE", "X_Forwarded_For": "1"})
    assert response.status_code == 202
    url = f"{URL}/{response.json()['id']}"
    for method in ("OPTIONS", "TRACE", "PUT", "PATCH", "DELETE", "POST"):
        answer = Client().generic(method, url, headers=bearer(secret))
        expected = (400, "invalid") if method == "PATCH" else (405, "method_not_allowed")
        assert problem(answer)[:2] == expected
    assert Client().delete(URL, headers=bearer(secret)).status_code == 405
