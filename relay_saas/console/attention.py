"""What needs attention: a broken domain, complaints, a campaign that stands still, a failed job."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Literal
from uuid import UUID

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.jobs import label_of
from accounts.models import AuditEvent, Job, SendingDomain
from campaigns.models import Campaign
from delivery.models import PolicyAction
from delivery.models.policy import DOMAIN_DRIFT
from delivery.selectors.policies import active_policies
from tracking.views.report_wording import complaints_kind, complaints_text, percent
from tracking.words.waits import clock

#: Jobs that failed in these days.
_LATELY: Final = timedelta(days=7)
_MOST: Final = 5
#: Newest entries of the audit trail that are read.
_DEEDS: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One thing to look at, and where."""

    kind: Literal["warning", "danger"]
    text: str
    url: str = ""


def notices(*, tenant_id: UUID, slug: str, complaint_rate: float | None) -> list[Notice]:
    """The worst first. Six queries."""
    found = [
        *_complaints(complaint_rate),
        *_domains(tenant_id, slug),
        *_stopped(tenant_id),
        *_paused(tenant_id, slug),
        *_jobs(tenant_id, slug),
    ]
    return sorted(found, key=lambda notice: notice.kind != "danger")


def _complaints(rate: float | None) -> Iterator[Notice]:
    kind = complaints_kind(rate)
    if kind in {"warning", "danger"}:
        words = {"rate": percent(rate, digits=2), "what": complaints_text(kind)}
        yield Notice(
            kind="danger" if kind == "danger" else "warning",
            text=_("Complaints: %(rate)s, %(what)s.") % words,
        )


def _domains(tenant_id: UUID, slug: str) -> Iterator[Notice]:
    broken = Q(state=SendingDomain.State.BROKEN)
    found = SendingDomain.objects.filter(broken | Q(drifting_since__isnull=False), tenant_id=tenant_id)
    for domain in found.order_by("name")[:_MOST]:
        paused = domain.state == SendingDomain.State.BROKEN
        text = (
            _("The DNS records of %(domain)s broke; nothing is sent from it.")
            if paused
            else _("DNS records of %(domain)s are missing or have changed. Mend them before sending stops.")
        )
        yield Notice(
            kind="danger" if paused else "warning",
            text=text % {"domain": domain.name},
            url=reverse("console:sending_domain", args=[slug, domain.pk]),
        )


def _paused(tenant_id: UUID, slug: str) -> Iterator[Notice]:
    paused = {
        one.pk: one
        for one in Campaign.objects.filter(tenant_id=tenant_id, state=Campaign.State.PAUSED).order_by("-id")[
            :_MOST
        ]
    }
    people = _who_paused(tenant_id) if paused else {}
    for campaign in paused.values():
        by_guard = str(campaign.pk) in people and people[str(campaign.pk)] is None
        words = {"name": campaign.name}
        yield Notice(
            kind="danger" if by_guard else "warning",
            text=_("“%(name)s” was paused by the system, to protect your reputation.") % words
            if by_guard
            else _("“%(name)s” is paused and waits for somebody to resume it.") % words,
            url=reverse("tracking:campaign", args=[slug, campaign.pk]),
        )


def _who_paused(tenant_id: UUID) -> dict[str, int | None]:
    """By campaign, the person who paused it last; None: the system. Of the newest deeds alone."""
    newest = AuditEvent.objects.filter(tenant_id=tenant_id).order_by("-id")
    rows = list(newest.values_list("object_type", "object_id", "verb", "user_id")[:_DEEDS])
    return {key: user for what, key, verb, user in reversed(rows) if (what, verb) == ("campaign", "paused")}


def _stopped(tenant_id: UUID) -> Iterator[Notice]:
    """Where the engine itself stopped an organization's mail, because it was refused again and again."""
    own = active_policies().filter(tenant_id=tenant_id, action=PolicyAction.SUSPEND)
    # A broken domain is told of by itself.
    own = own.exclude(rule=DOMAIN_DRIFT)
    for policy in own[:_MOST]:
        words = {"domain": policy.domain, "at": clock(policy.until) if policy.until else ""}
        if policy.domain and policy.until:
            text = _("Sending from %(domain)s is stopped until %(at)s, because it was refused too often.")
        elif policy.until:
            text = _("Your sending to one provider is stopped until %(at)s.")
        else:
            text = _("Your sending was stopped by the operators.")
        yield Notice(kind="danger", text=text % words)


def _jobs(tenant_id: UUID, slug: str) -> Iterator[Notice]:
    newest = Job.objects.filter(tenant_id=tenant_id).order_by("-id")[:200]
    since = timezone.now() - _LATELY
    failed = [one for one in newest if one.state == Job.State.FAILED and one.created_at >= since]
    for job in failed[:_MOST]:
        what = f"{label_of(job)} {job.title}".strip()
        yield Notice(
            kind="warning",
            text=_("A job failed: %(kind)s") % {"kind": what},
            url=reverse("console:job", args=[slug, job.pk]),
        )
