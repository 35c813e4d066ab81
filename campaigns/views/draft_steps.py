"""The steps of making a campaign, as the line above each of them shows them."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from campaigns.models import Campaign
from campaigns.services.findings import Finding
from campaigns.services.readiness import StepName, is_done


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step: `state` is done, current or todo; `note` says whether it needs work, also for the current."""

    label: str
    url: str
    state: str
    note: str


def steps_of(
    slug: str, campaign: Campaign, findings: Iterable[Finding], current: StepName | None
) -> list[Step]:
    """The steps of the draft, the review last; `current` is the one that is open, None the review."""
    findings = tuple(findings)
    labels = {
        StepName.SETUP: _("Setup"),
        StepName.AUDIENCE: _("Audience"),
        StepName.DESIGN: _("Design"),
    }
    steps = []
    for name, label in labels.items():
        done = is_done(findings, name)
        steps.append(
            Step(
                label=label,
                url=step_url(slug, campaign.pk, name),
                state="current" if name is current else "done" if done else "todo",
                note=_("done") if done else _("needs work"),
            )
        )
    review = "current" if current is None else "todo"
    steps.append(Step(label=_("Review"), url=review_url(slug, campaign.pk), state=review, note=""))
    return steps


def review_url(slug: str, campaign_id: int) -> str:
    """Where it is checked and sent."""
    return reverse("campaigns:review", args=[slug, campaign_id])


def step_url(slug: str, campaign_id: int, name: StepName) -> str:
    """The page of a step."""
    return reverse(f"campaigns:{name}", args=[slug, campaign_id])


def next_url(slug: str, campaign_id: int, name: StepName) -> str:
    """Where "Next" leads; after the last step to the review."""
    names = list(StepName)
    following = names[names.index(name) + 1 :]
    if following:
        return step_url(slug, campaign_id, following[0])
    return review_url(slug, campaign_id)


def previous_url(slug: str, campaign_id: int, name: StepName) -> str:
    """Where "Back" leads; before the first step to all campaigns."""
    names = list(StepName)
    before = names[: names.index(name)]
    return step_url(slug, campaign_id, before[-1]) if before else reverse("tracking:campaigns", args=[slug])
