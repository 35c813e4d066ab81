"""Exports contacts and suppressions to CSV files, as jobs: constant memory, a scope for each batch."""

from collections.abc import Iterator, Sequence
from typing import Any, Final
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.csv_file import MEDIA_TYPE, CsvFile, Encoding
from accounts.jobs import JobKind, RunningJob
from accounts.permissions import Capability
from accounts.tenancy import tenant_scope
from campaigns.models import Contact, ContactField, Subscription, Suppression
from campaigns.selectors.contacts import Wanted, all_matches, beside
from campaigns.selectors.fields import fields_of

BATCH: Final = 2_000


def contacts_kind() -> JobKind:
    """Arguments: those of Wanted, and `encoding`."""
    return JobKind(
        name="contact_export",
        label=gettext_lazy("Export of contacts"),
        run=export_contacts,
        counts={
            "rows": gettext_lazy("Contacts"),
            "replaced": gettext_lazy("Characters that Shift_JIS lacks"),
        },
        capability=Capability.CONTACTS_EXPORT,
    )


def suppressions_kind() -> JobKind:
    """Arguments: `encoding`."""
    return JobKind(
        name="suppression_export",
        label=gettext_lazy("Export of suppressions"),
        run=export_suppressions,
        counts={"rows": gettext_lazy("Suppressions")},
        capability=Capability.CONTACTS_EXPORT,
    )


def export_contacts(job: RunningJob) -> dict[str, int]:
    """One line a contact: address, fields, lists, suppressions."""
    asked = job.arguments
    wanted = Wanted(text=asked["text"], mailing_list_id=asked["mailing_list_id"], state=asked["state"])
    with tenant_scope(job.tenant_id):
        fields = fields_of(tenant_id=job.tenant_id)
    head = [
        "email",
        *_names(fields),
        _("Subscribed lists"),
        _("Unsubscribed lists"),
        _("Suppressed"),
        _("Added"),
    ]
    with job.keep_file("contacts.csv", MEDIA_TYPE).open("wb") as target:
        file = CsvFile(target, head, asked["encoding"])
        for rows in _contacts(job.tenant_id, wanted, [field.key for field in fields]):
            for row in rows:
                file.write(row)
            job.progress(file.rows)
    return {"rows": file.rows, "replaced": file.replaced}


def export_suppressions(job: RunningJob) -> dict[str, int]:
    """One line a suppression."""
    head = [_("Address"), _("Why"), _("What is stopped"), _("What was said"), _("Since")]
    with job.keep_file("suppressions.csv", MEDIA_TYPE).open("wb") as target:
        file = CsvFile(target, head, job.arguments["encoding"])
        last = 0
        while rows := _suppressions(job.tenant_id, last):
            for row in rows:
                file.write(
                    (
                        row.email_key,
                        row.get_reason_display(),
                        row.get_scope_display(),
                        row.detail,
                        row.created_at,
                    )
                )
            last = rows[-1].pk
            job.progress(file.rows)
    return {"rows": file.rows}


def encoding_of(text: str) -> str:
    """The encoding that a form names; UTF-8 for anything unknown."""
    return text if text in Encoding.values else str(Encoding.UTF8.value)


def _names(fields: Sequence[ContactField]) -> list[str]:
    """Labels as people know them; the key where two are called the same."""
    labels = [field.label for field in fields]
    return [field.label if labels.count(field.label) == 1 else field.key for field in fields]


def _contacts(tenant_id: UUID, wanted: Wanted, keys: Sequence[str]) -> Iterator[list[list[Any]]]:
    last = 0
    while True:
        with tenant_scope(tenant_id):
            rows = all_matches(tenant_id=tenant_id, wanted=wanted).filter(pk__gt=last)
            people = list(rows.order_by("pk")[:BATCH])
            if not people:
                return
            last = people[-1].pk
            lines = [
                _line(one.contact, keys, one.subscriptions, one.suppressions)
                for one in beside(tenant_id, people)
            ]
        yield lines


def _line(
    contact: Contact,
    keys: Sequence[str],
    places: Sequence[Subscription],
    stops: Sequence[Suppression],
) -> list[Any]:
    on, off = Subscription.State.SUBSCRIBED, Subscription.State.UNSUBSCRIBED
    return [
        contact.email,
        *(contact.attrs.get(key) for key in keys),
        "; ".join(place.mailing_list.name for place in places if place.state == on),
        "; ".join(place.mailing_list.name for place in places if place.state == off),
        "; ".join(stop.get_reason_display() for stop in stops),
        contact.created_at,
    ]


def _suppressions(tenant_id: UUID, last: int) -> list[Suppression]:
    with tenant_scope(tenant_id):
        return list(Suppression.objects.filter(tenant_id=tenant_id, pk__gt=last).order_by("pk")[:BATCH])
