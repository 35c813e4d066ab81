"""Mail from us to people who sign in: one way for all of it, in the recipient's language, HTML and text.

A letter is three templates in templates/mail/: `<name>_subject.txt`, `<name>.txt` and `<name>.html`. It is
written once the transaction has committed; that it could not be written is logged, and undoes nothing.
"""

import logging
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import partial
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation

from accounts.jobs import kind_of, label_of
from accounts.models import Job, Membership, Role, SendingDomain, User
from accounts.permissions import Capability, allows
from relay_saas.web.problems import Text

LOG = logging.getLogger(__name__)

#: So that no vacation notice answers it (RFC 3834).
HEADERS: Final = {"Auto-Submitted": "auto-generated"}


def send(*, to: str, language: str, letter: str, context: Mapping[str, Any], time_zone: str = "UTC") -> None:
    """Writes `letter` to one address after the commit; never raises."""
    deliver = partial(
        _deliver, to=to, language=language, letter=letter, context=dict(context), zone_name=time_zone
    )
    transaction.on_commit(deliver, robust=True)


def invitation(
    *,
    to: str,
    language: str,
    organization: str,
    inviter: str,
    role: Role,
    path: str,
    expires_at: datetime,
    time_zone: str = "UTC",
) -> None:
    """Asks somebody to join; `path` is the page that accepts, and opens only with what it carries."""
    context = {
        "organization": organization,
        "inviter": inviter,
        "role": role.label,
        "link": link_to(path),
        "expires_at": expires_at,
    }
    send(to=to, language=language, letter="invitation", context=context, time_zone=time_zone)


def job_over(job: Job) -> None:
    """Tells whoever started a job that it is done or has failed; called in the tenant's scope."""
    person = job.created_by
    if person is None or not person.is_active:
        return
    kind = kind_of(job.kind)
    if kind is not None and not kind.mails:
        return
    context = {
        "job": job,
        "label": label_of(job),
        "counts": labelled_counts(job),
        "organization": job.tenant.name,
        "link": link_to(reverse("console:job", args=[job.tenant.slug, job.pk])),
    }
    letter = "job_done" if job.state == Job.State.DONE else "job_failed"
    send(
        to=person.email, language=job.language, letter=letter, context=context, time_zone=job.tenant.time_zone
    )


def domain_letter(
    domain: SendingDomain, letter: str, *, records: list[dict[str, Any]], pauses_at: datetime | None
) -> None:
    """Tells those who can mend it what has become of a verified domain's records; called in the tenant's
    scope."""
    tenant = domain.tenant
    context = {
        "domain": domain.name,
        "records": records,
        "pauses_at": pauses_at,
        "organization": tenant.name,
        "link": link_to(reverse("console:sending_domain", args=[tenant.slug, domain.pk])),
    }
    for person in people_with(Capability.DOMAINS_EDIT):
        send(
            to=person.email,
            language=person.locale,
            letter=letter,
            context=context,
            time_zone=tenant.time_zone,
        )


def people_with(capability: Capability) -> Iterable[User]:
    """The people of the organization in scope whose role has `capability`."""
    roles = [role for role in Role if allows(role, capability)]
    members = Membership.objects.filter(role__in=roles, user__is_active=True).select_related("user")
    return [member.user for member in members.order_by("user_id")]


def labelled_counts(job: Job) -> list[tuple[Text, int]]:
    """What the job counted and people see, in the order of its kind."""
    kind = kind_of(job.kind)
    labels = kind.counts if kind is not None else {}
    return [(label, job.counts[name]) for name, label in labels.items() if name in job.counts]


def link_to(path: str) -> str:
    """A page's whole address; mail is read outside any request."""
    return f"{settings.RELAY_BASE_URL.rstrip('/')}{path}"


def zone(name: str) -> ZoneInfo:
    """The zone, or UTC where this machine's zone files do not know it."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def _deliver(*, to: str, language: str, letter: str, context: dict[str, Any], zone_name: str) -> None:
    with translation.override(language), timezone.override(zone(zone_name)):
        subject = " ".join(render_to_string(f"mail/{letter}_subject.txt", context).split())
        text = render_to_string(f"mail/{letter}.txt", context).strip() + "\n"
        html = render_to_string(f"mail/{letter}.html", context)
    message = EmailMultiAlternatives(subject, text, settings.DEFAULT_FROM_EMAIL, [to], headers=HEADERS)
    message.attach_alternative(html, "text/html")
    # Silently: the backend has logged why it was refused.
    message.send(fail_silently=True)
