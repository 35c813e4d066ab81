"""Runs the checks stage by stage on one set of services: `python -m scripts.test all|fast|lint|browser`."""

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from relay_saas.embedded.exceptions import EmbeddedError
from tests import database
from tests.services import start

ROOT = Path(__file__).resolve().parent.parent
TESTS = ROOT / "tests"
PACKAGES = ("relay_saas", "accounts", "campaigns", "delivery", "tracking", "scripts")
# Folders of other stages; every other folder with tests belongs to the stage `apps`.
OWN_STAGES = ("unit", "integration", "e2e", "browser")
# A file with servers of its own stays with one worker; in their order, the longest files begin.
BY_FILE = ("--dist", "loadfile", "--no-loadscope-reorder")
# Stages whose tests share both cores; each worker has its own database. Those that talk with processes wait
# for half of their time, so there are more of them than cores.
SHARED: dict[str, tuple[str, ...]] = {
    "apps": ("-n", "2"),
    "e2e, integration": ("-n", "3", *BY_FILE),
    "browser": ("-n", "2", *BY_FILE),
}
CLOSING = re.compile(r"=+ .*\b(passed|failed|errors?|skipped|deselected|no tests ran)\b.* in [\d.]+s.*=+")
COUNT = re.compile(r"(\d+) (passed|failed|errors?|skipped|xfailed|xpassed|deselected|warnings?)")


@dataclass(slots=True)
class Report:
    """What the stages said, for the end."""

    began: float = field(default_factory=time.monotonic)
    stages: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def end(self) -> None:
        """One line a stage, and all of them as pytest closes."""
        say("")
        for line in self.stages:
            say(line)
        total = ", ".join(f"{number} {word}" for word, number in self.counts.items()) or "no tests ran"
        say(f"{f' {total} in {time.monotonic() - self.began:.2f}s ':=^100}")


def say(text: str) -> None:
    """One line, at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def tool(name: str, *arguments: str) -> list[str]:
    """A command of the virtual environment that runs us."""
    return [str(Path(sys.executable).parent / name), *arguments]


def run(*command: str) -> bool:
    """Run a command on this terminal; whether it ended well."""
    say(f"$ {' '.join([Path(command[0]).name, *command[1:]])}")
    return subprocess.run(command, cwd=ROOT, check=False).returncode == 0


def style() -> bool:
    """Ruff and the layers."""
    ruff = run(*tool("ruff", "check", ".")) and run(*tool("ruff", "format", "--check", "."))
    return ruff and run(*tool("lint-imports", "--no-cache"))


def types() -> list[str]:
    """The command that checks the types."""
    return tool("mypy", *(name for name in PACKAGES if (ROOT / name).exists()))


def pytest(report: Report, places: Sequence[str], *options: str) -> bool:
    """Run pytest, pass its output on, and keep its closing line."""
    command = [sys.executable, "-m", "pytest", "--no-header", "-rs", *options, *places]
    say(f"$ pytest {' '.join([*options, *places])}")
    closing = ""
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            for line in process.stdout or ():
                sys.stdout.write(line)
                sys.stdout.flush()
                closing = line.strip() if CLOSING.search(line) else closing
        except KeyboardInterrupt:
            process.terminate()
            raise
    for number, word in COUNT.findall(closing):
        report.counts[word] += int(number)
    return process.returncode == 0


def unit_beside_types(report: Report) -> bool:
    """Unit tests on one core, types on the other."""
    with tempfile.TemporaryFile() as output:
        mypy = subprocess.Popen(types(), cwd=ROOT, stdout=output, stderr=subprocess.STDOUT)
        try:
            passed = pytest(report, ["tests/unit"])
            well_typed = mypy.wait() == 0
        finally:
            mypy.kill()
        say("$ mypy")
        output.seek(0)
        say(output.read().decode().strip())
    return passed and well_typed


def folders(stage: str) -> list[str]:
    """The folders of a stage that hold tests."""
    names = _apps() if stage == "apps" else stage.split(", ")
    return [f"tests/{name}" for name in names if any((TESTS / name).rglob("test_*.py"))]


def _apps() -> list[str]:
    return sorted(path.name for path in TESTS.iterdir() if path.is_dir() and path.name not in OWN_STAGES)


def tests_of(report: Report, stage: str) -> Callable[[], bool]:
    """The tests of a stage."""
    places = folders(stage)
    return lambda: pytest(report, places, *SHARED.get(stage, ())) if places else True


def plan(what: str, report: Report) -> dict[str, Callable[[], bool]]:
    """Stage name -> what it does, in order."""
    lint = {"style": style, "types": lambda: run(*types())}
    fast = {name: tests_of(report, name) for name in ("unit", "apps")}
    slow = {name: tests_of(report, name) for name in ("e2e, integration", "browser")}
    everything = {
        "style": style,
        "unit, types": lambda: unit_beside_types(report),
        "apps": fast["apps"],
        **slow,
    }
    return {"lint": lint, "fast": fast, "browser": {"browser": slow["browser"]}, "all": everything}[what]


def main(what: str) -> int:
    """Run the stages until one fails; the answer is the exit status."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    report, passed = Report(), False
    with ExitStack() as stack:
        os.environ.update(start(stack))
        os.environ["DJANGO_SETTINGS_MODULE"] = "relay_saas.settings"
        if what != "lint":
            database.ensure_template(database.at(os.environ["DATABASE_OWNER_URL"], "postgres"))
        report.stages.append(f"{'services':<17} {time.monotonic() - report.began:6.1f} s")
        for name, stage in plan(what, report).items():
            began = time.monotonic()
            say(f"\n== {name}")
            passed = stage()
            outcome = "" if passed else "  FAILED"
            report.stages.append(f"{name:<17} {time.monotonic() - began:6.1f} s{outcome}")
            if not passed:
                break
    report.end()
    return 0 if passed else 1


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1]))
    except EmbeddedError as error:
        sys.exit(f"error: {error} ({error.code})")
    except KeyboardInterrupt:
        sys.exit(130)
