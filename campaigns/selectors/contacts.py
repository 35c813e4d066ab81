"""Finds contacts by address, name, list and state, and what stands beside each in a list.

The scope must be open, as on every page.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from campaigns.models import Contact, Subscription, Suppression
from relay_saas.mail.addresses import normalise_cell
from relay_saas.web.errors import NotFound
from relay_saas.web.paging import Page, page_of

PAGE_SIZE: Final = 50
#: The name columns hold that much.
_NAME_CHARACTERS: Final = 60
SUPPRESSED: Final = "suppressed"
_LAST: Final = "\U0010ffff"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which contacts; empty values are no condition. `state` is one of Subscription.State or SUPPRESSED."""

    text: str = ""
    mailing_list_id: int | None = None
    state: str = ""

    @property
    def everybody(self) -> bool:
        """Whether nothing is asked for."""
        return not (self.text or self.mailing_list_id or self.state)

    def as_json(self) -> dict[str, object]:
        """For the arguments of a job."""
        return {"text": self.text, "mailing_list_id": self.mailing_list_id, "state": self.state}


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A contact in a list, with where they are and what stands against them."""

    contact: Contact
    name: str
    subscriptions: tuple[Subscription, ...]
    suppressions: tuple[Suppression, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a search finds: the first ones by address, then by name; `more` that there are others."""

    page: Page[Listed]
    more: bool = False


def find_contact(*, tenant_id: UUID, contact_id: int) -> Contact:
    """The contact; raises NotFound."""
    found = Contact.objects.filter(tenant_id=tenant_id, pk=contact_id).first()
    if found is None:
        raise NotFound
    return found


def contact_page(*, tenant_id: UUID, wanted: Wanted, cursor: str | None, size: int | None = None) -> Found:
    """Newest first, or the best matches of a text; PAGE_SIZE if no size is said. Three or four queries."""
    size = size or PAGE_SIZE
    if wanted.text:
        people, more = _matches(tenant_id, wanted)
        page = Page(items=tuple(people), next_cursor=None, previous_cursor=None)
    elif wanted.mailing_list_id:
        page, more = _members(tenant_id, wanted, cursor, size), False
    else:
        rows = contacts_of(tenant_id=tenant_id, wanted=wanted)
        page, more = page_of(rows, order=("-id",), cursor=cursor, size=size), False
    items = tuple(beside(tenant_id, page.items))
    shown = Page(items=items, next_cursor=page.next_cursor, previous_cursor=page.previous_cursor)
    return Found(page=shown, more=more)


def contacts_of(*, tenant_id: UUID, wanted: Wanted) -> QuerySet[Contact]:
    """All of them but for the text, in no order; the scope must be open while it is read."""
    rows = Contact.objects.filter(tenant_id=tenant_id)
    if wanted.state == SUPPRESSED:
        stops = Suppression.objects.filter(tenant_id=tenant_id, email_key=OuterRef("email_key"))
        rows = rows.filter(Exists(stops))
    joined = Subscription.objects.filter(tenant_id=tenant_id, contact_id=OuterRef("pk"))
    if wanted.mailing_list_id:
        joined = joined.filter(mailing_list_id=wanted.mailing_list_id)
    if wanted.state and wanted.state != SUPPRESSED:
        joined = joined.filter(state=wanted.state)
    elif not wanted.mailing_list_id:
        return rows
    return rows.filter(Exists(joined))


def by_address(text: str) -> Q:
    """Addresses that begin with the text."""
    start = normalise_cell(unicodedata.normalize("NFC", text).lower())[0]
    return Q(email_key__gte=start, email_key__lt=start + _LAST)


def by_name(text: str, order: str) -> Q:
    """Names that begin with the text; `order` is `family` or `given`, whichever part comes first."""
    start = "".join(unicodedata.normalize("NFKC", text).lower().split())[:_NAME_CHARACTERS]
    return Q(**{f"{order}_key__gte": start, f"{order}_key__lt": start + _LAST})


def all_matches(*, tenant_id: UUID, wanted: Wanted) -> QuerySet[Contact]:
    """Everybody who fits, the text included: for an export, which takes its time."""
    rows = contacts_of(tenant_id=tenant_id, wanted=wanted)
    text = wanted.text.replace("\x00", "")
    if not text:
        return rows
    fits = by_address(text)
    return rows.filter(fits if "@" in text else fits | by_name(text, "family") | by_name(text, "given"))


def full_name(contact: Contact) -> str:
    """The name as it is written where it comes from: the family name first in Japanese."""
    whole = contact.attrs.get("full_name")
    parts = [str(contact.attrs[key]) for key in ("first_name", "last_name") if contact.attrs.get(key)]
    if not parts:
        return str(whole or "")
    east = any(
        unicodedata.name(letter, "").startswith(("CJK", "HIRAGANA", "KATAKANA")) for letter in parts[-1]
    )
    return " ".join(reversed(parts) if east else parts)


def _matches(tenant_id: UUID, wanted: Wanted) -> tuple[list[Contact], bool]:
    """Each index gives its first ones: what fits 100,000 people costs no more than what fits 50."""
    text = wanted.text.replace("\x00", "")
    rows = contacts_of(tenant_id=tenant_id, wanted=wanted)
    searches = [rows.filter(by_address(text)).order_by("email_key")]
    if "@" not in text:
        searches += [
            rows.filter(by_name(text, order)).order_by(f"{order}_key") for order in ("family", "given")
        ]
    found: dict[int, Contact] = {}
    more = False
    for search in searches:
        some = list(search[: PAGE_SIZE + 1])
        more = more or len(some) > PAGE_SIZE
        found |= {one.pk: one for one in some[:PAGE_SIZE] if one.pk not in found}
    return list(found.values()), more


def _members(tenant_id: UUID, wanted: Wanted, cursor: str | None, size: int) -> Page[Contact]:
    """The people of one list, by its own index."""
    rows = Subscription.objects.filter(
        tenant_id=tenant_id, mailing_list_id=wanted.mailing_list_id
    ).select_related("contact")
    if wanted.state == SUPPRESSED:
        stops = Suppression.objects.filter(tenant_id=tenant_id, email_key=OuterRef("contact__email_key"))
        rows = rows.filter(Exists(stops))
    elif wanted.state:
        rows = rows.filter(state=wanted.state)
    page = page_of(rows, order=("-contact_id",), cursor=cursor, size=size)
    return Page(
        items=tuple(row.contact for row in page.items),
        next_cursor=page.next_cursor,
        previous_cursor=page.previous_cursor,
    )


def beside(tenant_id: UUID, people: Sequence[Contact]) -> list[Listed]:
    """These people with their lists and suppressions, in the same order. Two queries."""
    joined = Subscription.objects.filter(tenant_id=tenant_id, contact_id__in=[one.pk for one in people])
    lists: dict[int, list[Subscription]] = {}
    for row in joined.select_related("mailing_list").order_by("mailing_list__name"):
        lists.setdefault(row.contact_id, []).append(row)
    keys = [one.email_key for one in people]
    stops: dict[str, list[Suppression]] = {}
    for stop in Suppression.objects.filter(tenant_id=tenant_id, email_key__in=keys):
        stops.setdefault(stop.email_key, []).append(stop)
    return [
        Listed(
            contact=one,
            name=full_name(one),
            subscriptions=tuple(lists.get(one.pk, ())),
            suppressions=tuple(stops.get(one.email_key, ())),
        )
        for one in people
    ]
