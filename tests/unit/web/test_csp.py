"""The dashboard's policy allows nothing inline and nothing foreign; a mail view is boxed in."""

from __future__ import annotations

import pytest

from relay_saas.web.csp import POLICY, Images, mail_view_policy


def directives(policy: str) -> dict[str, str]:
    return dict(part.split(" ", 1) for part in policy.split("; "))


def test_pages_run_no_inline_script_or_style_and_load_from_no_other_host() -> None:
    sources = {source for values in POLICY.values() for source in values}
    assert sources == {"'none'", "'self'", "data:"}
    assert POLICY["default-src"] == ["'none'"]
    assert POLICY["script-src"] == ["'self'"]
    assert POLICY["frame-ancestors"] == ["'none'"]


def test_a_mail_view_runs_no_script_and_has_an_origin_of_its_own() -> None:
    policy = directives(mail_view_policy())
    assert "allow-scripts" not in policy["sandbox"]
    assert "allow-same-origin" not in policy["sandbox"]
    assert "allow-forms" not in policy["sandbox"]
    assert "script-src" not in policy
    assert policy["default-src"] == "'none'"
    assert policy["frame-ancestors"] == "'self'"


@pytest.mark.parametrize(
    ("images", "sources"), [("none", "'none'"), ("own", "'self' data:"), ("any", "'self' data: https:")]
)
def test_a_mail_view_loads_the_images_that_were_asked_for(images: Images, sources: str) -> None:
    assert directives(mail_view_policy(images=images))["img-src"] == sources
