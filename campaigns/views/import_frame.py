"""What the pages of an import share: its four steps."""

from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.selectors.membership import Member
from campaigns.models import ContactImport


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step as `<c-steps>` shows it."""

    label: str
    url: str
    state: str


def import_steps(member: Member, draft: ContactImport | None, current: int) -> list[Step]:
    """File, columns, check, import; those that are past can be gone back to while the import is open."""
    pages = (
        (_("File"), "import_file"),
        (_("Columns"), "import_map"),
        (_("Check"), "import_check"),
        (_("Import"), "import"),
    )
    steps = []
    for number, (label, name) in enumerate(pages, start=1):
        reachable = draft is not None and draft.is_open and number < current
        url = reverse(f"campaigns:{name}", args=[member.slug, draft.pk]) if draft and reachable else ""
        state = "done" if number < current else "current" if number == current else "todo"
        steps.append(Step(label=label, url=url, state=state))
    return steps
