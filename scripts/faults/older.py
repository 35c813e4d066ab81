"""The version before the newest migration, taken from the history of this repository."""

import io
import re
import subprocess
import tarfile
from dataclasses import dataclass, replace
from pathlib import Path

from relay_saas.embedded.paths import PROJECT
from relay_saas.embedded.supervisor import Program

_MIGRATIONS = ":(glob)*/migrations/[0-9]*.py"
_NAME = re.compile(r"(\w+)/migrations/(\d\w+)\.py")


class NoHistory(RuntimeError):
    """There is no earlier version here: an export, or a clone that is too shallow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Older:
    """Its code in a folder of its own."""

    commit: str
    code: Path
    #: By app: the last migration that it knows, where today's code knows more.
    known: dict[str, str]

    def program(self, today: Program) -> Program:
        """The same process with the older code."""
        return replace(today, argv=("/usr/bin/env", "-C", str(self.code), *today.argv))


def older(folder: Path) -> Older:
    """Lays it out below `folder`; raises NoHistory."""
    commit = _git("log", "-1", "--format=%H", "--", _MIGRATIONS).decode().strip()
    if not commit:
        raise NoHistory("no migration in the history")
    code = folder / "older"
    with tarfile.open(fileobj=io.BytesIO(_git("archive", "--format=tar", f"{commit}^"))) as archive:
        archive.extractall(code, filter="data")
    then, now = _migrations(code), _migrations(PROJECT)
    known = {app: max(then[app]) for app in then if now.get(app, then[app]) != then[app]}
    return Older(commit=commit[:9], code=code, known=known)


def _migrations(code: Path) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for path in code.glob("*/migrations/[0-9]*.py"):
        named = _NAME.fullmatch(str(path.relative_to(code)))
        if named:
            found.setdefault(named[1], set()).add(named[2])
    return found


def _git(*arguments: str) -> bytes:
    ran = subprocess.run(["git", *arguments], cwd=PROJECT, capture_output=True, check=False, timeout=60)
    if ran.returncode != 0:
        raise NoHistory(ran.stderr.decode().strip())
    return ran.stdout
