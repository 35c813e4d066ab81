"""The Japanese catalogue is whole, certain, and compiled."""

from __future__ import annotations

import re
from pathlib import Path

from django.utils import translation
from django.utils.translation import gettext

CATALOGUE = Path(__file__).resolve().parents[2] / "locale" / "ja" / "LC_MESSAGES" / "django.po"


def entries() -> list[str]:
    return CATALOGUE.read_text(encoding="utf-8").split("\n\n")[1:]


def test_no_entry_is_empty_or_only_guessed() -> None:
    gaps = [
        entry
        for entry in entries()
        if re.search(r'^msgstr(\[0\])? ""$(?!\n")', entry, re.MULTILINE) or "fuzzy" in entry
    ]
    assert gaps == []


def test_the_compiled_catalogue_is_in_use() -> None:
    with translation.override("ja"):
        assert gettext("Skip to the content") == "本文へ移動"
        assert gettext("Cancel") == "中止"


def test_texts_of_the_frame_are_all_in_the_catalogue() -> None:
    known = CATALOGUE.read_text(encoding="utf-8").replace('"\n"', "")
    root = CATALOGUE.parents[3] / "templates"
    used = {
        text
        for folder in ("account", "base", "components")
        for path in (root / folder).glob("*.html")
        for text in re.findall(r"""{% translate ["'](.+?)["'] %}""", path.read_text())
    }
    assert [text for text in sorted(used) if f'msgid "{text}"' not in known] == []
