"""The API's description: whole, valid, and served without anybody else's server."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from django.test import Client
from drf_spectacular.drainage import GENERATOR_STATS

from relay_saas.console.api_docs import description
from tests.matrix.routes import TABLE, routes


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(description("https://relay.example")[0])
    return found


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def test_it_is_openapi_3_1_and_nothing_had_to_be_guessed(document: dict[str, Any]) -> None:
    description.cache_clear()
    GENERATOR_STATS.reset()
    description("https://relay.example")
    assert document["openapi"].startswith("3.1")
    assert dict(GENERATOR_STATS._warn_cache) == {}
    assert dict(GENERATOR_STATS._error_cache) == {}


def test_every_route_of_the_api_stands_in_it_with_its_scope(document: dict[str, Any]) -> None:
    named = {name for name in routes() if TABLE[name].door in {"api", "resource"}}
    assert len(document["paths"]) == len(named)
    for path, method, operation in operations(document):
        assert operation["summary"], path
        assert operation["description"].startswith("Scope: `"), (path, method)
        assert operation["security"] == [{"apiKey": []}]


def test_every_operation_stands_in_the_documentation(document: dict[str, Any]) -> None:
    text = (Path(__file__).parents[2] / "docs" / "api-resources.md").read_text(encoding="utf-8")
    for path, method, _operation in operations(document):
        assert f"`{method.upper()} {path.removeprefix('/api/v1')}`" in text


def test_no_two_operations_have_one_name(document: dict[str, Any]) -> None:
    names = [operation["operationId"] for _path, _method, operation in operations(document)]
    assert len(set(names)) == len(names)


def test_every_refusal_is_a_problem_with_codes(document: dict[str, Any]) -> None:
    for path, method, operation in operations(document):
        refusals = {status: one for status, one in operation["responses"].items() if status >= "4"}
        assert {"400", "401", "403", "429"} <= set(refusals), (path, method)
        for status, one in refusals.items():
            shared = document["components"]["responses"]
            refusal = shared[one["$ref"].rpartition("/")[2]] if "$ref" in one else one
            content = refusal["content"]["application/problem+json"]
            assert content["schema"] == {"$ref": "#/components/schemas/ProblemDocument"}
            values = [example["value"] for example in content["examples"].values()]
            codes = {f"`{value['code']}`" for value in values}
            assert codes == set(refusal["description"].split(", "))
            for value in values:
                assert (value["status"], bool(value["detail"])) == (int(status), True), value
                jsonschema_rs.validate({**content["schema"], "components": document["components"]}, value)


def test_every_parameter_says_what_it_takes(document: dict[str, Any]) -> None:
    for path, _method, operation in operations(document):
        for one in operation.get("parameters", []):
            schema = one["schema"]
            if one["in"] == "query":
                assert {"pattern", "enum", "format", "maximum"} & set(schema), (path, one)
                assert one["description"], (path, one)


def test_every_operation_is_shown_as_a_command(document: dict[str, Any]) -> None:
    for path, method, operation in operations(document):
        words = shlex.split(operation["x-codeSamples"][0]["source"])
        assert words[:3] == ["curl", "-X", method.upper()], path
        assert "{" not in words[3], path
        for content in operation.get("requestBody", {}).get("content", {}).values():
            if "-d" in words:
                examples = [one["value"] for one in content["examples"].values()]
                assert json.loads(words[words.index("-d") + 1]) == examples[0], path


def test_nouns_stand_in_groups_and_summaries_are_no_sentences(document: dict[str, Any]) -> None:
    grouped = [tag for group in document["x-tagGroups"] for tag in group["tags"]]
    assert grouped == [tag["name"] for tag in document["tags"]]
    used = [operation["tags"][0] for _path, _method, operation in operations(document)]
    assert set(used) == set(grouped)
    assert [grouped.index(tag) for tag in used] == sorted(grouped.index(tag) for tag in used)
    for _path, _method, operation in operations(document):
        assert not operation["summary"].endswith("."), operation["summary"]


def test_every_example_is_what_the_route_takes(document: dict[str, Any]) -> None:
    checked = 0
    for path, _method, operation in operations(document):
        for content in operation.get("requestBody", {}).get("content", {}).values():
            schema = {**content["schema"], "components": document["components"]}
            for example in content.get("examples", {}).values():
                jsonschema_rs.validate(schema, example["value"])
                checked += 1
                assert path
    assert checked > 15


def test_it_is_the_same_for_everybody_and_kept_by_its_etag() -> None:
    first = Client().get("/api/v1/openapi.json", headers={"Accept-Language": "ja"})
    second = Client().get("/api/v1/openapi.json", headers={"Accept-Language": "en"})
    assert first.content == second.content
    same = Client().get("/api/v1/openapi.json", headers={"If-None-Match": first["ETag"]})
    assert (same.status_code, same.content) == (304, b"")


@pytest.mark.parametrize("path", ["/docs/api/", "/docs/api/try/"])
def test_its_pages_take_everything_from_here(path: str) -> None:
    answer = Client().get(path)
    text = answer.content.decode()
    assert "http" not in text.replace("http-equiv", "").replace("https://relay", "")
    assert "<script>" not in text
    assert " style=" not in text
    policy = {part.strip() for part in answer["Content-Security-Policy"].split(";")}
    assert "script-src 'self'" in policy


def test_the_reader_of_the_description_shows_no_foreign_mark() -> None:
    script = Client().get("/docs/api/redoc.js")
    assert script["Content-Type"] == "text/javascript; charset=utf-8"
    assert b"cdn.redoc.ly" not in script.content
