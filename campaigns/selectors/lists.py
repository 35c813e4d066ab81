"""Lists with how many people they have and whether anything holds on to them. The scope must be open."""

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Exists, OuterRef

from campaigns.models import Campaign, ContactImport, ContactList, Content
from campaigns.selectors.headcounts import Heads, headcounts
from relay_saas.web.errors import NotFound


@dataclass(frozen=True, slots=True, kw_only=True)
class ListRow:
    """A list; `used`: a campaign, an import or sent mail names it, or somebody is or was on it."""

    mailing_list: ContactList
    heads: Heads
    used: bool


def list_rows(*, tenant_id: UUID, archived: bool = False) -> list[ListRow]:
    """The lists in use, or the archived ones, by name. Two queries."""
    heads = headcounts(tenant_id=tenant_id)
    rows = ContactList.objects.filter(tenant_id=tenant_id, archived_at__isnull=not archived)
    mine = {"tenant_id": tenant_id, "mailing_list_id": OuterRef("pk")}
    holders = {
        "by_campaign": Exists(Campaign.objects.filter(**mine)),
        "by_import": Exists(ContactImport.objects.filter(**mine)),
        "by_content": Exists(Content.objects.filter(**mine)),
    }
    found = []
    for one in rows.annotate(**holders).order_by("name"):
        here = heads.get(one.pk, Heads())
        used = bool(here.total) or any(getattr(one, name) for name in holders)
        found.append(ListRow(mailing_list=one, heads=here, used=used))
    return found


def list_row(*, tenant_id: UUID, mailing_list_id: int) -> ListRow:
    """One list; raises NotFound."""
    one = ContactList.objects.filter(tenant_id=tenant_id, pk=mailing_list_id).first()
    if one is None:
        raise NotFound
    heads = headcounts(tenant_id=tenant_id).get(one.pk, Heads())
    mine = {"tenant_id": tenant_id, "mailing_list_id": one.pk}
    held = (
        Campaign.objects.filter(**mine).exists()
        or ContactImport.objects.filter(**mine).exists()
        or Content.objects.filter(**mine).exists()
    )
    return ListRow(mailing_list=one, heads=heads, used=held or bool(heads.total))


def list_names(*, tenant_id: UUID) -> list[tuple[int, str]]:
    """Id and name of each list that is not archived, by name: what a choice offers."""
    rows = ContactList.objects.filter(tenant_id=tenant_id, archived_at=None).order_by("name")
    return list(rows.values_list("pk", "name"))
