"""The last look before sending: the launch's checks, and what a careful colleague would say beside them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from accounts.tenancy import tenant_scope
from campaigns.exceptions import PreviewProblem
from campaigns.models import Campaign, Contact
from campaigns.selectors.audience import Audience
from campaigns.selectors.campaigns import sample_contacts
from campaigns.selectors.empty_values import empty_values
from campaigns.selectors.history import History, history_of
from campaigns.services.checks import Checked, check_campaign, ordered
from campaigns.services.content_advice import (
    bare_fields,
    link_advice,
    picture_advice,
    reply_advice,
    subject_advice,
    text_advice,
    warning,
)
from campaigns.services.findings import Finding, Level, Part
from campaigns.services.preview import merge

#: People of the list that the texts are merged for.
SAMPLES: Final = 3
#: A list that was not mailed for so long has forgotten who writes.
COLD: Final = timedelta(days=180)
#: An audience this many times the largest so far, and this large, needs a warm-up.
LEAP: Final = 3
LARGE: Final = 1_000
#: Hours of the day, in the organization's zone, in which phones lie beside beds.
NIGHT: Final = frozenset((*range(6), 22, 23))


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """What was found, what stops it first; and what was looked at and is well."""

    audience: Audience
    #: The first of the list.
    people: tuple[Contact, ...]
    findings: tuple[Finding, ...]
    passed: tuple[Finding, ...]

    @property
    def musts(self) -> tuple[Finding, ...]:
        """Must be mended first."""
        return tuple(finding for finding in self.findings if finding.level is Level.MUST)

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """To be looked at."""
        return tuple(finding for finding in self.findings if finding.level is Level.WARNING)


def review_campaign(*, tenant_id: UUID, campaign: Campaign, at: datetime | None = None) -> Review:
    """Everything that can be said here and now about a campaign that goes out `at` (None: now)."""
    with tenant_scope(tenant_id):
        now = timezone.now()
        checked = check_campaign(tenant_id=tenant_id, campaign=campaign)
        history = history_of(campaign, now=now)
        people = sample_contacts(tenant_id=tenant_id, mailing_list_id=campaign.mailing_list_id)
        found = [
            *checked.findings,
            *_content(checked),
            *_samples(checked, people[:SAMPLES]),
            *_before(checked, history, now),
            *_hour(checked, at or now),
        ]
    return Review(audience=checked.audience, people=people, findings=ordered(found), passed=checked.passed)


def _content(checked: Checked) -> Iterator[Finding]:
    campaign, built = checked.campaign, checked.outcome.built
    yield from subject_advice(campaign)
    yield from reply_advice(campaign)
    if built is None:
        return
    yield from picture_advice(built)
    yield from link_advice(built)
    yield from text_advice(campaign, built)
    bare = bare_fields(campaign)
    for key, n in empty_values(campaign, sorted(bare.keys() & checked.keys)).items():
        if n:
            message = _("%(n)s recipients have no %(key)s, and the text gives no default for it.") % {
                "n": number_format(n, force_grouping=True),
                "key": key,
            }
            yield warning(f"empty_{key}", bare[key], message)


def _samples(checked: Checked, people: Sequence[Contact]) -> Iterator[Finding]:
    built = checked.outcome.built
    # An unknown field is named already, with its place.
    if built is None or any(finding.code == "unknown_field" for finding in checked.findings):
        return
    tenant, keys, defaults = checked.tenant, checked.keys, checked.defaults
    for person in people:
        try:
            shown = merge(built.shown, tenant=tenant, contact=person, keys=keys, defaults=defaults)
        except PreviewProblem as problem:
            yield Finding(code="sample_fails", part=Part.HTML, message=f"{person.email}: {problem}")
            return
        for part, text in ((Part.SUBJECT, shown.subject), (Part.HTML, shown.html), (Part.TEXT, shown.text)):
            if "{{" in text or "{%" in text:
                message = _("For %(address)s a merge tag is left as it is.") % {"address": person.email}
                yield Finding(code="merge_tag_left", part=part, message=message)
                return


def _before(checked: Checked, history: History, now: datetime) -> Iterator[Finding]:
    if not history.tested:
        message = _("No test was sent since the last change.")
        yield warning("not_tested", Part.HTML, message)
    if history.twins and checked.campaign.repeat_of_id is None:
        message = _("A campaign with this subject went to this list within a day, or is planned.")
        yield warning("twin", Part.SUBJECT, message)
    if history.list_mailed_at is not None and history.list_mailed_at < now - COLD:
        message = _("This list was not mailed for more than %(days)s days.") % {"days": COLD.days}
        yield warning("cold_list", Part.LIST, message)
    reachable = checked.audience.reachable
    if history.largest and reachable > max(LARGE, LEAP * history.largest):
        message = _("The audience is more than three times as large as any before: receivers may slow it.")
        yield warning("audience_leap", Part.LIST, message)


def _hour(checked: Checked, at: datetime) -> Iterator[Finding]:
    zone = _zone(checked.tenant.time_zone)
    local = at.astimezone(zone)
    if local.hour in NIGHT:
        message = _("It goes out at %(time)s at night (%(zone)s).") % {
            "time": f"{local:%H:%M}",
            "zone": zone.key,
        }
        yield warning("night", Part.LIST, message)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError):
        return ZoneInfo("UTC")
