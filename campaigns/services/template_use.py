"""Begins a campaign with a template's text."""

from uuid import UUID

from accounts.audit import Actor
from accounts.selectors.senders import senders_of
from accounts.tenancy import tenant_scope
from campaigns.exceptions import BadDraft, ListGone
from campaigns.models import Campaign, ContactList
from campaigns.selectors.templates import find_template
from campaigns.services.campaigns import CampaignDraft, create_campaign


def campaign_from_template(*, tenant_id: UUID, template_id: int, actor: Actor) -> Campaign:
    """A draft that says what the template says, from the default sender.

    Raises NotFound, ListGone, BadDraft.
    """
    template = find_template(tenant_id=tenant_id, template_id=template_id)
    sender = next(iter(senders_of(tenant_id)), None)
    if sender is None:
        raise BadDraft("no_sender")
    with tenant_scope(tenant_id):
        last = Campaign.objects.order_by("-pk").first()
        list_id = last.mailing_list_id if last else ContactList.objects.values_list("pk", flat=True).first()
    if list_id is None:
        raise ListGone
    draft = CampaignDraft(
        name=template.name,
        mailing_list_id=list_id,
        from_name=sender.name,
        from_address=sender.address,
        reply_to=sender.reply_to,
        subject="",
        markup=template.markup,
        html_source=template.html_source,
        text_source=template.text_source,
    )
    return create_campaign(tenant_id=tenant_id, draft=draft, actor=actor)
