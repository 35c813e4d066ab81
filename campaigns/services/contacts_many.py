"""Writes up to a thousand contacts at once, by the rules of a single one."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.utils import timezone

from accounts import audit
from accounts.address_words import words_of
from accounts.audit import Actor
from accounts.models import Tenant
from accounts.tenancy import tenant_scope
from campaigns.exceptions import BadContact, ListGone
from campaigns.models import Contact, ContactList, Subscription
from campaigns.services.contacts import field_kinds, typed
from campaigns.services.import_rows import read_address
from relay_saas.mail.addresses import Address, BadAddress
from relay_saas.web.errors import NotFound

MOST: Final = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """One contact as the caller gave it: texts by field key."""

    email: str
    values: Mapping[str, str]


@dataclass(slots=True, kw_only=True)
class Saved:
    """What became of one: `created`, `changed`, `unchanged`; or why it was not taken."""

    status: str = ""
    contact_id: int | None = None
    problem: BadContact | None = None


@dataclass(slots=True, kw_only=True)
class _Wanted:
    address: Address
    values: dict[str, str]
    attrs: dict[str, object]
    places: list[int]


def save_many(
    *, tenant_id: UUID, given: Sequence[Given], mailing_list_id: int | None, source: str, actor: Actor
) -> list[Saved]:
    """Adds or changes each one and puts it on the list; one that is wrong keeps no other from being taken.

    Who has left the list stays away. Of an address that stands there twice, the later one has the last word.
    Raises ListGone.
    """
    outcomes = [Saved() for _one in given]
    with tenant_scope(tenant_id):
        if mailing_list_id is not None and not ContactList.objects.filter(pk=mailing_list_id).exists():
            raise ListGone
        wanted = _read(given, outcomes)
        written = _write(tenant_id, wanted, outcomes)
        if mailing_list_id is not None:
            _join(tenant_id, mailing_list_id, [one.pk for one in written], source)
        counts = {
            word: sum(one.status == word for one in outcomes) for word in ("created", "changed", "unchanged")
        }
        if counts["created"] or counts["changed"]:
            changes: dict[str, object] = {**counts, "list": mailing_list_id}
            subject = Tenant.objects.get(pk=tenant_id)
            audit.record(tenant_id=tenant_id, actor=actor, verb="imported", subject=subject, changes=changes)
    return outcomes


def subscribe_many(
    *, tenant_id: UUID, mailing_list_id: int, contact_ids: Iterable[int], source: str, actor: Actor
) -> int:
    """Puts all of them on the list or none; how many were not on it. Who has left it stays away.

    Raises ListGone, and NotFound where one of them is no contact.
    """
    ids = sorted(set(contact_ids))
    with tenant_scope(tenant_id):
        found = ContactList.objects.filter(pk=mailing_list_id).first()
        if found is None:
            raise ListGone
        if Contact.objects.filter(pk__in=ids).count() != len(ids):
            raise NotFound
        added = _join(tenant_id, mailing_list_id, ids, source)
        if added:
            audit.record(
                tenant_id=tenant_id,
                actor=actor,
                verb="subscribed",
                subject=found,
                changes={"contacts": added},
            )
    return added


def _read(given: Sequence[Given], outcomes: Sequence[Saved]) -> dict[str, _Wanted]:
    kinds = field_kinds()
    wanted: dict[str, _Wanted] = {}
    for place, one in enumerate(given):
        try:
            address = read_address(one.email)
            attrs = typed(one.values, kinds)
        except BadAddress as error:
            outcomes[place].problem = BadContact(
                "bad_address", problem=words_of(error), address_code=error.code
            )
            continue
        except BadContact as error:
            outcomes[place].problem = error
            continue
        before = wanted.setdefault(address.key, _Wanted(address=address, values={}, attrs={}, places=[]))
        before.attrs = {key: value for key, value in before.attrs.items() if key not in one.values} | attrs
        before.values |= one.values
        before.places.append(place)
    return wanted


def _write(tenant_id: UUID, wanted: Mapping[str, _Wanted], outcomes: Sequence[Saved]) -> list[Contact]:
    addresses = [one.address for _key, one in sorted(wanted.items())]
    fresh = [
        Contact(
            tenant_id=tenant_id,
            email=str(address),
            email_key=address.key,
            domain=address.domain,
            needs_smtputf8=address.needs_smtputf8,
        )
        for address in addresses
    ]
    there = set(Contact.objects.filter(email_key__in=list(wanted)).values_list("email_key", flat=True))
    Contact.objects.bulk_create((one for one in fresh if one.email_key not in there), ignore_conflicts=True)
    rows = list(Contact.objects.select_for_update().filter(email_key__in=list(wanted)).order_by("email_key"))
    changed = []
    for row in rows:
        one = wanted[row.email_key]
        kept = {key: value for key, value in row.attrs.items() if key not in one.values}
        after = kept | one.attrs
        status = "unchanged" if row.email_key in there else "created"
        if after != row.attrs:
            row.attrs, row.updated_at = after, timezone.now()
            changed.append(row)
            status = "created" if status == "created" else "changed"
        for place in one.places:
            outcomes[place].status, outcomes[place].contact_id = status, row.pk
    Contact.objects.bulk_update(changed, ["attrs", "updated_at"], batch_size=500)
    return rows


def _join(tenant_id: UUID, mailing_list_id: int, contact_ids: Sequence[int], source: str) -> int:
    on = Subscription.objects.filter(mailing_list_id=mailing_list_id, contact_id__in=contact_ids)
    there = set(on.values_list("contact_id", flat=True))
    fresh = [
        Subscription(tenant_id=tenant_id, mailing_list_id=mailing_list_id, contact_id=one, source=source)
        for one in contact_ids
        if one not in there
    ]
    Subscription.objects.bulk_create(fresh, ignore_conflicts=True)
    return len(fresh)
