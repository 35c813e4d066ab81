"""Two people at one draft: what the second one is shown, so that nothing of either is lost."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from campaigns.models import Campaign
from campaigns.selectors.draft_changes import last_change
from campaigns.views.draft_forms import DraftForm
from relay_saas.mail.source import with_lf


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One field that both have changed: as people read it, and the value that the field takes."""

    field: str
    label: str
    mine: str
    theirs: str
    theirs_value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """Who saved when, over which version one's own text can be saved, and where the two differ."""

    version: int
    who: str
    at: datetime
    differences: tuple[Difference, ...]


def conflict_of(form: DraftForm, data: Mapping[str, Any], current: Campaign) -> Conflict:
    """Compares what was sent (`data`) with what is saved."""
    event = last_change(current)
    return Conflict(
        version=current.version,
        who=event.actor if event is not None else _("Somebody else"),
        at=current.updated_at,
        differences=tuple(_differences(form, data, current)),
    )


def _differences(form: DraftForm, data: Mapping[str, Any], current: Campaign) -> list[Difference]:
    theirs = form.values_of(current)
    found = []
    for bound in form.visible_fields():
        mine, value = with_lf(str(data.get(bound.name, ""))), theirs.get(bound.name)
        saved = "" if value is None else str(value)
        if mine.strip() != saved.strip():
            found.append(
                Difference(
                    field=bound.id_for_label or bound.auto_id or "",
                    label=str(bound.label),
                    mine=form.words(bound.name, mine),
                    theirs=form.words(bound.name, saved),
                    theirs_value=saved,
                )
            )
    return found
