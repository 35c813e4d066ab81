"""The mails that the product ships to begin with: files in Japanese and English, copied, never changed."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from relay_saas.web.errors import NotFound
from relay_saas.web.problems import Text

FOLDER: Final = Path(__file__).resolve().parent.parent / "starters"
LANGUAGES: Final = ("ja", "en")


@dataclass(frozen=True, slots=True, kw_only=True)
class Starter:
    """One mail to begin with; its file is `<key>.<language>.mjml`."""

    key: str
    name: Text
    description: Text

    def source(self, language: str) -> str:
        """Its MJML in that language, in English for any that it has not."""
        chosen = language if language in LANGUAGES else "en"
        return (FOLDER / f"{self.key}.{chosen}.mjml").read_text(encoding="utf-8")


STARTERS: Final = (
    Starter(
        key="newsletter",
        name=_("Newsletter"),
        description=_("A greeting, a lead article with a button, two short ones beside each other."),
    ),
    Starter(
        key="announcement",
        name=_("Announcement"),
        description=_("One message and one button: a sale, an event, a new product."),
    ),
    Starter(
        key="letter",
        name=_("Plain letter"),
        description=_("Looks as if written by hand: paragraphs, a signature, no pictures."),
    ),
)


def find_starter(key: str) -> Starter:
    """The starter of that key; raises NotFound."""
    found = next((starter for starter in STARTERS if starter.key == key), None)
    if found is None:
        raise NotFound
    return found


def active_language() -> str:
    """The language that a starter is copied in: the reader's."""
    return (get_language() or "en").split("-")[0]
