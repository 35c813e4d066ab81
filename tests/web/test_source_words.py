"""Whatever the mail core finds wrong with a template has a sentence in the reader's language."""

import re
from pathlib import Path

from django.utils import translation

from campaigns.services.source_words import SENTENCES, words_of
from relay_saas.mail.link_target import MESSAGES
from relay_saas.mail.merge.exceptions import CODES
from relay_saas.mail.source import SourceError

MAIL = Path(__file__).resolve().parents[2] / "relay_saas" / "mail"
RAISED = re.compile(r'(?:MarkupProblem|TemplateProblem|RenderProblem|LimitReachedError)\(\s*"(\w+)"')


def test_every_code_of_the_core_has_a_sentence() -> None:
    raised = {
        code for path in MAIL.rglob("*.py") for code in RAISED.findall(path.read_text(encoding="utf-8"))
    }
    codes = raised | set(MESSAGES) | {code for _, code in CODES} | {"calculation_failed", "syntax"}
    assert len(raised) > 15
    assert sorted(codes - SENTENCES.keys()) == []
    assert sorted(SENTENCES.keys() - codes) == []


def test_the_sentence_names_the_element() -> None:
    problem = SourceError("tag_unclosed", "<mj-column> is not closed", 1, 28)
    with translation.override("ja"):
        assert words_of(problem) == "<mj-column> が閉じられていません。"
    assert words_of(problem) == "<mj-column> is not closed."
