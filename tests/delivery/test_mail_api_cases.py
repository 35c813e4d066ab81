"""The bad-input cases of addresses and headers at the doors of the mail API: ours, Postmark's, Resend's."""

import base64
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from accounts.models import SendingDomain, Tenant
from accounts.tenancy import tenant_scope
from campaigns.models import Content
from delivery.models import Message, Submission
from relay_saas.mail.addresses import BadAddress, parse_address
from tests.cases.loader import load, to_bytes
from tests.delivery.builders import make_domain
from tests.delivery.test_api import BODY, URL, bearer, key_of

ADDRESSES = {case["id"]: case for _, case in load("addresses")}
HEADERS = {case["id"]: case for _, case in load("headers_subjects")}
#: Not about one text: the merge language's (campaigns), and cases of other tenants' domains below.
OF_MERGING = {"hdr-013"}
#: What a program would build itself: `POST /emails/raw`. Decided in docs/input-policy.md.
WHOLE = {
    "hdr-025": False, "hdr-026": False, "hdr-027": False, "hdr-032": True, "hdr-034": True, "hdr-035": None,
    "hdr-040": False,
}  # fmt: skip
#: `policy` cases whose text is refused.
REFUSED = {"hdr-011"}
SECONDS = 5


@pytest.fixture
def secret(tenant: Tenant, domain: SendingDomain) -> str:
    """A key of Acme with both scopes."""
    make_domain(tenant.pk, "tenant-a.example")
    return key_of(tenant)


def texts(cases: dict[str, Any]) -> Iterator[tuple[dict[str, Any], str]]:
    for case in cases.values():
        octets = to_bytes(case["input"])
        if octets is not None:
            yield case, octets.decode("utf-8", "surrogateescape")


def call(secret: str, path: str, body: Any) -> tuple[int, Any]:
    answer = Client().post(
        path,
        json.dumps(body),
        content_type="application/json",
        headers=bearer(secret) | {"X-Postmark-Server-Token": secret},
    )
    assert answer.status_code < 500, (path, body)
    assert "json" in answer["Content-Type"]
    return answer.status_code, answer.json()


def verdict(text: str) -> str | None:
    try:
        return str(parse_address(text))
    except BadAddress:
        return None


def test_an_address_has_one_verdict_at_every_door(secret: str, tenant: Tenant) -> None:
    # A NUL or half a character is no text: with it the whole batch is refused.
    cases = [(case, text) for case, text in texts(ADDRESSES) if "\0" not in text and encodable(text)]
    batch = {"emails": [BODY | {"to": [{"email": text}]} for _, text in cases]}
    lines = call(secret, f"{URL}/batch", batch)[1]["data"]
    for (case, text), line in zip(cases, lines, strict=True):
        expected = verdict(text)
        if case["expect"] != "policy":
            assert (expected is None) == (case["expect"] == "reject"), case["id"]
        began = time.monotonic()
        status, answer = call(secret, URL, BODY | {"to": [{"email": text}]})
        assert time.monotonic() - began < SECONDS, case["id"]
        for found, told in ((status, answer), (line["status"], line)):
            assert (found == 202) == (expected is not None), (case["id"], told)
            if expected is not None:
                assert told["messages"][0]["to"] == expected, case["id"]


def encodable(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in text)


def test_what_is_refused_is_refused_in_other_words_and_written_as_people_write(
    secret: str, tenant: Tenant
) -> None:
    for case, text in texts(ADDRESSES):
        if case["expect"] != "reject":
            continue
        before = count(tenant)
        for path, body in (
            (URL, BODY | {"to": [f"Taro <{text}>"]}),
            ("/postmark/email", postmark(To=text)),
            ("/resend/emails", resend(to=[text])),
        ):
            status, answer = call(secret, path, body)
            told = [message["to"] for message in answer.get("messages", ())] if path == URL else []
            # A list with commas is two addresses where the service says so, and never one that nobody wrote.
            split = case["id"] == "addr-056" and path != URL
            assert split or status >= 400, (case["id"], path, told)
        assert case["id"] == "addr-056" or count(tenant) == before, case["id"]


def test_subjects_and_names_arrive_as_they_were_or_not_at_all(secret: str, tenant: Tenant) -> None:
    for case, text in subjects():
        refused = case["expect"] == "reject" or case["id"] in REFUSED
        for path, body in (
            (URL, BODY | {"subject": text}),
            ("/postmark/email", postmark(Subject=text)),
            ("/resend/emails", resend(subject=text)),
        ):
            if case["id"] == "hdr-036":
                continue
            status, answer = call(secret, path, body)
            assert (status >= 400) == refused, (case["id"], path, answer)
            if not refused:
                with tenant_scope(tenant.pk):
                    assert Content.objects.order_by("-id")[0].subject == text, case["id"]


def subjects() -> Iterator[tuple[dict[str, Any], str]]:
    for case in HEADERS.values():
        source = case["input"]
        if case["id"] in OF_MERGING | set(WHOLE) | {"hdr-021", "hdr-022"} or "header" in source:
            continue
        if "json_escape" in source:
            yield case, json.loads(f'"{source["json_escape"]}"')
        else:
            yield case, (to_bytes(source) or b"").decode("utf-8", "surrogatepass")


def test_names_of_senders(secret: str, tenant: Tenant) -> None:
    name = HEADERS["hdr-021"]["input"]["text"]
    sender = {"email": "shop@news.acme.test", "name": name}
    assert call(secret, URL, BODY | {"from": sender})[0] == 202
    with tenant_scope(tenant.pk):
        assert Content.objects.order_by("-id")[0].from_name == name
    disguise = sender | {"name": HEADERS["hdr-022"]["input"]["text"]}
    assert call(secret, URL, BODY | {"from": disguise})[1]["errors"][0]["code"] == "name_is_address"
    foreign = HEADERS["hdr-023"]["input"]["value"]
    assert call(secret, URL, BODY | {"from": foreign})[1]["code"] == "domain_not_verified"


def test_headers_break_out_of_nothing(secret: str, tenant: Tenant) -> None:
    for case in HEADERS.values():
        source = case["input"]
        if source.get("header") in {None, "From"}:
            continue
        name, value = source["header"], source["value"]
        bodies = [BODY | {"headers": [{"name": name, "value": value}]}, BODY | {"headers": {name: value}}]
        if name == "Reply-To":
            bodies = [BODY | {"reply_to": value}]
        for body in bodies:
            assert call(secret, URL, body)[0] in {400, 422}, case["id"]
    assert count(tenant) == 0


def test_whole_messages_are_read_one_way_or_not_at_all(secret: str, tenant: Tenant) -> None:
    for name, accepted in WHOLE.items():
        raw = to_bytes(HEADERS[name]["input"]) or b""
        body = {"raw": base64.b64encode(raw).decode(), "to": ["b@x.example"]}
        status, answer = call(secret, f"{URL}/raw", body)
        if accepted is not None:
            assert (status == 202) == accepted, (name, answer)
    with tenant_scope(tenant.pk):
        assert not Message.objects.filter(rcpt="c@y.example").exists()


def test_every_case_is_run_or_named() -> None:
    run = {case["id"] for case, _ in subjects()} | OF_MERGING | set(WHOLE) | {"hdr-021", "hdr-022"}
    assert run | {case["id"] for case in HEADERS.values() if "header" in case["input"]} == set(HEADERS)


def postmark(**changes: Any) -> dict[str, Any]:
    usual = {"From": "shop@news.acme.test", "To": "taro@gmail.test", "Subject": "x", "TextBody": "x"}
    return usual | changes


def resend(**changes: Any) -> dict[str, Any]:
    return {"from": "shop@news.acme.test", "to": "taro@gmail.test", "subject": "x", "text": "x"} | changes


def count(tenant: Tenant) -> int:
    with tenant_scope(tenant.pk):
        return Submission.objects.count()
