"""Refusals in the reference: each with an example for every code, and each written once."""

import json
import re
from collections.abc import Collection, Mapping
from functools import lru_cache
from http import HTTPStatus
from typing import Any, Final

from relay_saas.web.codes import refusals
from relay_saas.web.problems import TYPE_PREFIX

PROBLEM: Final = "application/problem+json"
#: What `errors` may hold; of all other codes it is empty.
_ERRORS: Final[Mapping[str, Mapping[str, str]]] = {
    "bad_parameter": {"pointer": "", "code": "bad_parameter", "detail": "limit"},
    "invalid": {"pointer": "/name", "code": "required", "detail": "This field is required."},
    "bad_message": {"pointer": "/to/0/email", "code": "no_at", "detail": "The address has no @."},
    "unknown_id": {
        "pointer": "/list",
        "code": "unknown_id",
        "detail": "There is nothing with this id, or you may not see it.",
    },
}
#: Places of values in a sentence.
_PLACES: Final = re.compile(r"%\(\w+\)s")
_OURS: Final = frozenset({"relay_saas", "accounts", "campaigns", "delivery", "tracking"})


def example(status: int, code: str) -> dict[str, Any]:
    """A refusal as it comes."""
    _usual, sentence = _sentences().get(code, (status, ""))
    return {
        "type": TYPE_PREFIX + code,
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": _PLACES.sub("…", sentence),
        "instance": "/api/v1/…",
        "code": code,
        "errors": [dict(_ERRORS[code])] if code in _ERRORS else [],
        "request_id": "5e3d9ce8c3374f0a99a7306f605b8dd1",
    }


@lru_cache(maxsize=1)
def _sentences() -> Mapping[str, tuple[int, str]]:
    return refusals(_OURS)


def share(document: dict[str, Any]) -> None:
    """Moves refusals that many operations answer with to where each stands once; the others stay."""
    places: dict[str, list[tuple[dict[str, Any], str]]] = {}
    for path in document["paths"].values():
        for operation in path.values():
            answers = operation["responses"]
            for status, answer in answers.items():
                if PROBLEM in answer.get("content", {}):
                    places.setdefault(json.dumps(answer, sort_keys=True), []).append((answers, status))
    shared = document["components"].setdefault("responses", {})
    for text, uses in places.items():
        answer = json.loads(text)
        name = _name(uses[0][1], answer["content"][PROBLEM].get("examples", {}))
        if len(uses) > 1:
            shared[name] = answer
            for answers, status in uses:
                answers[status] = {"$ref": f"#/components/responses/{name}"}


def _name(status: str, codes: Collection[str]) -> str:
    return ".".join([status, *codes])
