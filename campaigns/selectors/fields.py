"""Custom fields, and the drafts that name one. The scope must be open, as on every page."""

import re
from uuid import UUID

from django.db.models import Q

from campaigns.models import Campaign, ContactField, Template
from relay_saas.web.errors import NotFound

#: Drafts named in the warning before a field is deleted.
MOST_DRAFTS = 20


def fields_of(*, tenant_id: UUID) -> list[ContactField]:
    """In the order they were made."""
    return list(ContactField.objects.filter(tenant_id=tenant_id).order_by("pk"))


def find_field(*, tenant_id: UUID, field_id: int) -> ContactField:
    """The field; raises NotFound."""
    found = ContactField.objects.filter(tenant_id=tenant_id, pk=field_id).first()
    if found is None:
        raise NotFound
    return found


def drafts_naming(*, tenant_id: UUID, key: str) -> list[Campaign]:
    """Drafts whose subject or text says `contact.<key>`, the newest first; what is launched is frozen."""
    names = _naming(key, "subject", "preheader", "html_source", "text_source")
    drafts = Campaign.objects.filter(tenant_id=tenant_id, state=Campaign.State.DRAFT).filter(names)
    return list(drafts.only("pk", "name").order_by("-pk")[:MOST_DRAFTS])


def templates_naming(*, tenant_id: UUID, key: str) -> list[Template]:
    """Templates that say `contact.<key>`, the newest first."""
    found = Template.objects.filter(_naming(key, "html_source", "text_source"), tenant_id=tenant_id)
    return list(found.only("pk", "name").order_by("-pk")[:MOST_DRAFTS])


def _naming(key: str, *columns: str) -> Q:
    said = rf"contact\.{re.escape(key)}\M"
    names = Q()
    for column in columns:
        names |= Q(**{f"{column}__regex": said})
    return names
