"""Collect the texts for translators and compile the catalogues, which are committed; needs gettext.

Run `python scripts/messages.py` after a text changed. New entries stand empty in locale/ja/LC_MESSAGES;
the exit code is 1, and the entries are listed, while one is empty or only guessed (fuzzy).
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LANGUAGES = ("ja",)
LEFT_OUT = (".venv", "var", "tests", "staticfiles", "node_modules")


def main() -> int:
    """Refresh and compile every catalogue; return the exit code."""
    if not shutil.which("xgettext"):
        sys.stderr.write("xgettext is missing: install gettext\n")
        return 2
    return max([refresh(language) for language in LANGUAGES])


def refresh(language: str) -> int:
    """Collect, compile and check one language; return 1 while a text lacks its translation."""
    catalogue = ROOT / "locale" / language / "LC_MESSAGES" / "django.po"
    catalogue.parent.mkdir(parents=True, exist_ok=True)
    collect(language)
    compiled = str(catalogue.with_suffix(".mo"))
    subprocess.run(["msgfmt", "--check-format", "-o", compiled, str(catalogue)], check=True)
    gaps = entries(catalogue, "--untranslated") + entries(catalogue, "--only-fuzzy")
    sys.stdout.write(gaps)
    return 1 if gaps else 0


def collect(language: str) -> None:
    """Run makemessages without settings: it reads sources and templates, and imports none of them."""
    ignored = [option for name in LEFT_OUT for option in ("--ignore", name)]
    command = [
        "makemessages",
        "--locale",
        language,
        "--no-obsolete",
        "--add-location",
        "file",
        "--verbosity",
        "0",
    ]
    subprocess.run([sys.executable, "-m", "django", *command, *ignored], check=True, cwd=ROOT)


def entries(catalogue: Path, kind: str) -> str:
    """Return the entries of a kind that msgattrib knows; empty where there is none."""
    command = ["msgattrib", kind, "--no-obsolete", str(catalogue)]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return text.partition("\n\n")[2]


if __name__ == "__main__":
    sys.exit(main())
