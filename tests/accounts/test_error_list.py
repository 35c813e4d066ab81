"""docs/errors.md holds every code that a program can meet."""

import re

from scripts import errors


def test_the_list_of_errors_is_true() -> None:
    assert errors.TARGET.read_text(encoding="utf-8") == errors.text(), "run: python -m scripts.errors"


def test_the_codes_that_everybody_meets_are_in_it() -> None:
    listed = set(re.findall(r"^\| `(\w+)` \|", errors.text(), re.MULTILINE))
    assert {
        "bad_api_key", "permission_denied", "rate_limited", "idempotency_key_reused", "bad_message", "no_at",
        "domain_not_verified", "body_too_large", "bad_json", "not_found", "nothing_waits", "unknown_field",
        "idempotent_request_running", "unknown_template", "too_many_recipients",
    } <= listed  # fmt: skip
