"""What a draft still needs, step by step."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Final
from uuid import UUID

from campaigns.models import Campaign
from campaigns.services.checks import check_campaign
from campaigns.services.findings import Finding, Level, Part


class StepName(StrEnum):
    """The steps in which a campaign is made; the last part of their addresses."""

    SETUP = "setup"
    AUDIENCE = "audience"
    DESIGN = "design"


#: Which step mends what is said about a part.
PARTS: Final[dict[StepName, frozenset[Part]]] = {
    StepName.SETUP: frozenset({Part.SENDER, Part.SUBJECT, Part.PREHEADER}),
    StepName.AUDIENCE: frozenset({Part.LIST}),
    StepName.DESIGN: frozenset({Part.HTML, Part.TEXT}),
}


def needs_of(*, tenant_id: UUID, campaign: Campaign) -> tuple[Finding, ...]:
    """Everything to mend or to know, but for what only counting the people of the list would tell."""
    found = check_campaign(tenant_id=tenant_id, campaign=campaign, count_people=False).findings
    return tuple(finding for finding in found if finding.code != "empty_audience")


def of_step(findings: Iterable[Finding], step: StepName) -> tuple[Finding, ...]:
    """Those that are mended in `step`."""
    return tuple(finding for finding in findings if finding.part in PARTS[step])


def is_done(findings: Iterable[Finding], step: StepName) -> bool:
    """Whether nothing in `step` stands in the way of the launch."""
    return not any(finding.level is Level.MUST for finding in of_step(findings, step))
