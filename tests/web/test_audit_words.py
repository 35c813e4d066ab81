"""The audit trail speaks in words: nothing that code writes into it is shown as a bare name."""

import re
from pathlib import Path

from django.utils import translation

from accounts.audit_words import VERBS, change_words, verb_words
from accounts.models import AuditEvent

ROOT = Path(__file__).resolve().parents[2]
APPS = ("accounts", "campaigns", "delivery", "tracking", "relay_saas")


def test_every_deed_that_code_writes_has_words() -> None:
    written = {
        verb
        for app in APPS
        for path in (ROOT / app).rglob("*.py")
        for verb in re.findall(r'\bverb="([a-z_]+)"', path.read_text(encoding="utf-8"))
    }
    assert len(written) > 20
    assert sorted(written - VERBS.keys()) == []


def test_a_job_is_called_by_its_kind() -> None:
    event = AuditEvent(changes={"kind": "contact_import_undo", "title": "people.csv"})
    with translation.override("ja"):
        lines = change_words(event)
        assert "contact_import_undo" not in " ".join(lines)
        assert verb_words("imported") != "imported"
