"""The merge fields that an editor offers to insert."""

from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext as _

from campaigns.models import ContactField


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeChoice:
    """A name for people, and what stands in the source."""

    label: str
    tag: str


def people_fields(*, tenant_id: UUID) -> list[MergeChoice]:
    """What is known of a recipient."""
    custom = ContactField.objects.filter(tenant_id=tenant_id).order_by("pk")
    return [
        MergeChoice(label=_("E-mail address"), tag=_tag("contact.email")),
        *(MergeChoice(label=field.label or field.key, tag=_tag(f"contact.{field.key}")) for field in custom),
    ]


def design_fields(*, tenant_id: UUID) -> list[MergeChoice]:
    """Those, the sender block that the law asks for, and the way out."""
    return [
        *people_fields(tenant_id=tenant_id),
        MergeChoice(label=_("Organization"), tag=_tag("sender.name")),
        MergeChoice(label=_("Legal name"), tag=_tag("sender.legal_name")),
        MergeChoice(label=_("Postal address"), tag=_tag("sender.postal_address")),
        MergeChoice(label=_("Contact for questions"), tag=_tag("sender.contact_address")),
        MergeChoice(label=_("Unsubscribe link"), tag=_tag("unsubscribe_url")),
    ]


def _tag(name: str) -> str:
    return "{{ " + name + " }}"
