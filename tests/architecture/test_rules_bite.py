"""The meta-tests: each planted breach is named by its checker."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture import rules
from tests.architecture.rules import Breach

ROOT = Path(__file__).resolve().parents[2]
LONG_FUNCTION = '"""A module."""\n\n\ndef endless() -> None:\n' + "    pass\n" * 51


@pytest.fixture
def planted(tmp_path: Path) -> Path:
    """A small tree that keeps every rule."""
    for folder in (*rules.CODE, "tests", "scripts", "templates/campaigns", "relay_saas/static/app"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "accounts" / "fine.py").write_text('"""Fine."""\n')
    return tmp_path


def _paths(breaches: object) -> list[tuple[str, str]]:
    return [(breach.rule, breach.path) for breach in breaches]  # type: ignore[attr-defined]


def test_a_clean_tree_has_no_breach(planted: Path) -> None:
    assert [breach for rule in rules.RULES for breach in rule(planted)] == []


PLANTS = [
    (rules.files_are_short, "campaigns/long.py", '"""Long."""\n' + "x = 1\n" * 400, "file too long"),
    (rules.files_are_short, "templates/campaigns/long.html", "<p>\n" * 151, "file too long"),
    (rules.files_are_short, "scripts/long.py", "x = 1\n" * 201, "file too long"),
    (rules.functions_are_short, "delivery/endless.py", LONG_FUNCTION, "function too long"),
    (
        rules.imports_stand_at_the_top,
        "tracking/late.py",
        '"""Late."""\n\n\ndef f() -> None:\n    import os\n',
        "import hidden",
    ),
    (
        rules.imports_stand_at_the_top,
        "tracking/checking.py",
        '"""Hidden."""\nfrom typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import os\n',
        "import hidden",
    ),
    (rules.modules_say_what_they_are_for, "accounts/mute.py", "x = 1\n", "no docstring"),
    (rules.names_name_a_subject, "accounts/utils.py", '"""Things."""\n', "module without a subject"),
    (rules.nothing_is_left_undone, "accounts/later.py", '"""L."""\n# TO' + "DO: finish\n", "banned word"),
    (
        rules.models_are_asked_by_import,
        "campaigns/around.py",
        '"""A."""\nX = apps.get_model("delivery", "Lane")\n',
        "get_model",
    ),
    (
        rules.type_ignores_are_rare_and_explained,
        "campaigns/loose.py",
        '"""L."""\nx: int = "1"  # type: ' + "ignore\n",
        "type ignore without code and reason",
    ),
    (
        rules.templates_look_left,
        "templates/campaigns/right.html",
        '{% include "tracking/campaign.html" %}\n',
        "template looks right",
    ),
]


@pytest.mark.parametrize(
    ("rule", "path", "text", "name"), PLANTS, ids=[f"{plant[3]}-{plant[1]}" for plant in PLANTS]
)
def test_a_planted_breach_is_named(planted: Path, rule: object, path: str, text: str, name: str) -> None:
    (planted / path).write_text(text)
    breaches: list[Breach] = list(rule(planted))  # type: ignore[operator]
    assert (name, path) in _paths(breaches)


@pytest.fixture(scope="module")
def copy_of_the_house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of our packages, for breaches that import-linter must find."""
    copy = tmp_path_factory.mktemp("house")
    for folder in rules.CODE:
        shutil.copytree(ROOT / folder, copy / folder, ignore=shutil.ignore_patterns("__pycache__", "vendor"))
    shutil.copy(ROOT / "pyproject.toml", copy)
    return copy


def _contracts_broken(copy: Path) -> str:
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache", "--config", "pyproject.toml"]
    ran = subprocess.run(command, cwd=copy, capture_output=True, text=True, check=False)
    # The report wraps its lines.
    return "" if ran.returncode == 0 else re.sub(r"\s+", " ", ran.stdout)


def test_the_copy_keeps_every_contract(copy_of_the_house: Path) -> None:
    assert _contracts_broken(copy_of_the_house) == ""


IMPORTS = [
    ("campaigns/upward.py", "from delivery import models", "campaigns is not allowed to import delivery"),
    ("relay_saas/mail/impure.py", "import django", "relay_saas.mail is not allowed to import django"),
    (
        "relay_saas/simulator/partial.py",
        "import relay_saas.mail.dkim",
        "relay_saas.simulator is not allowed to import relay_saas.mail.dkim",
    ),
    (
        "accounts/models/upward.py",
        "from accounts import services",
        "accounts.models is not allowed to import accounts.services",
    ),
]


@pytest.mark.parametrize(("path", "line", "words"), IMPORTS, ids=[plant[0] for plant in IMPORTS])
def test_a_planted_import_is_named(copy_of_the_house: Path, path: str, line: str, words: str) -> None:
    planted = copy_of_the_house / path
    planted.write_text(f'"""Planted."""\n\n{line}\n')
    try:
        assert words in _contracts_broken(copy_of_the_house)
    finally:
        planted.unlink()


def test_a_module_without_a_place_is_named(copy_of_the_house: Path) -> None:
    planted = copy_of_the_house / "accounts" / "stray.py"
    planted.write_text('"""Stray."""\n')
    try:
        assert "accounts.stray" in _contracts_broken(copy_of_the_house)
    finally:
        planted.unlink()
