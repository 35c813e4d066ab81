"""The runner of the checks: which folder belongs to which stage, and what it says at the end."""

from pathlib import Path

import pytest

from scripts import test as runner
from tests.services import only_unit


@pytest.fixture
def report() -> runner.Report:
    return runner.Report()


def test_every_folder_with_tests_belongs_to_a_stage(report: runner.Report) -> None:
    stages = ("unit", "apps", "e2e, integration", "browser")
    planned = {folder for stage in stages for folder in runner.folders(stage)}
    found = {f"tests/{path.relative_to(runner.TESTS).parts[0]}" for path in runner.TESTS.rglob("*/test_*.py")}
    assert planned == found


def test_everything_begins_with_the_cheapest_and_ends_with_the_browser(report: runner.Report) -> None:
    assert list(runner.plan("all", report)) == [
        "style",
        "unit, types",
        "apps",
        "e2e, integration",
        "browser",
    ]


@pytest.mark.parametrize(
    "line",
    [
        "======================== 2 failed, 934 passed in 18.72s ========================",
        "============ 1 passed, 1 skipped, 2 warnings in 62.01s (0:01:02) ===============",
        "============================ no tests ran in 0.38s =============================",
    ],
)
def test_pytests_closing_line_is_known(line: str) -> None:
    assert runner.CLOSING.search(line)


@pytest.mark.parametrize(
    "line", ["=========== FAILURES ===========", "2 failed", "== short test summary info =="]
)
def test_other_lines_close_nothing(line: str) -> None:
    assert not runner.CLOSING.search(line)


def test_the_last_line_sums_the_stages_as_pytest_would(
    report: runner.Report, capsys: pytest.CaptureFixture[str]
) -> None:
    report.counts.update({"passed": 12, "skipped": 1})
    report.end()
    last = capsys.readouterr().out.splitlines()[-1]
    assert " 12 passed, 1 skipped in " in last
    assert runner.CLOSING.search(last)


@pytest.mark.parametrize(
    ("places", "alone"),
    [
        (["tests/unit"], True),
        (["tests/unit/embedded", "tests/unit/test_stages.py::test_x"], True),
        (["tests/unit", "tests/web"], False),
        (["tests"], False),
        ([], False),
    ],
)
def test_unit_tests_alone_need_no_services(
    places: list[str], alone: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(Path(runner.ROOT))
    assert only_unit(places) is alone
