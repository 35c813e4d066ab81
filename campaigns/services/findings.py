"""What a check says about a campaign: a value that pages, commands and errors show alike."""

from dataclasses import dataclass
from enum import StrEnum

from django.utils.translation import gettext as _

from relay_saas.web.problems import Text


class Level(StrEnum):
    """Whether a finding stops the launch, is worth a look, or says that all is well."""

    MUST = "must"
    WARNING = "warning"
    #: Looked at, and all is well.
    OK = "ok"


class Part(StrEnum):
    """Which part of the campaign a finding is about; the names of the draft's fields."""

    SENDER = "from_address"
    SUBJECT = "subject"
    PREHEADER = "preheader"
    HTML = "html_source"
    TEXT = "text_source"
    LIST = "mailing_list"
    TENANT = "tenant"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing to mend or to know; line and column count from 1 in the source of `part`."""

    code: str
    part: Part
    message: Text
    level: Level = Level.MUST
    line: int | None = None
    column: int | None = None
    #: The known field that was probably meant.
    suggestion: str | None = None

    def __str__(self) -> str:
        """The whole sentence: what, where, and what was probably meant."""
        text = str(self.message)
        if self.line is not None:
            text += " " + _("(line %(line)s, column %(column)s)") % {"line": self.line, "column": self.column}
        if self.suggestion:
            text += " " + _("Did you mean %(name)s?") % {"name": self.suggestion}
        return text
