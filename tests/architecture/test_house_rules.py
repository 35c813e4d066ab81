"""The house rules hold."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.architecture.rules import RULES, Breach

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_tree_keeps_the_rule(rule: Callable[[Path], Iterator[Breach]]) -> None:
    assert list(rule(ROOT)) == []


def test_the_top_level_is_the_fixed_one() -> None:
    fixed = {
        "manage.py", "pyproject.toml", "docker-compose.yml", "relay_saas", "accounts", "campaigns",
        "delivery", "tracking", "templates", "tests", "README.md", "CHANGELOG.md", "CONTRIBUTING.md",
        "Makefile", "Dockerfile",
        "docs", "locale", "requirements.txt", "requirements-dev.txt", "scripts",
    }  # fmt: skip
    here = {path.name for path in ROOT.iterdir() if not path.name.startswith(".")}
    assert here - {"var", "staticfiles"} <= fixed
