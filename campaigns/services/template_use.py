"""Begins a campaign with a template's text."""

from uuid import UUID

from accounts.audit import Actor
from campaigns.models import Campaign
from campaigns.selectors.templates import find_template
from campaigns.services.new_campaign import start_campaign


def campaign_from_template(*, tenant_id: UUID, template_id: int, actor: Actor, name: str = "") -> Campaign:
    """A draft that says what the template says, by default under its name; raises NotFound, BadDraft."""
    template = find_template(tenant_id=tenant_id, template_id=template_id)
    return start_campaign(tenant_id=tenant_id, name=name or template.name, actor=actor, template=template)
