"""Begins a campaign: a draft that already knows what can be known."""

from typing import Final
from uuid import UUID

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.audit import Actor
from accounts.models import Tenant
from accounts.selectors.senders import senders_of
from accounts.services.senders import SenderDraft
from accounts.tenancy import tenant_scope
from campaigns.models import Campaign, Template
from campaigns.selectors.lists import list_names
from campaigns.services.campaigns import CampaignDraft, create_campaign
from campaigns.services.starters import active_language, find_starter

#: The plainest mail to begin with.
STARTER: Final = "letter"


def start_campaign(*, tenant_id: UUID, name: str, actor: Actor, template: Template | None = None) -> Campaign:
    """A draft with the default sender (else the last campaign's), the only list there is, and a mail that may
    be launched: the template's, or a plain one.

    An empty name becomes one with the date; raises BadDraft.
    """
    with tenant_scope(tenant_id):
        sender = _sender(tenant_id)
        lists = [one for one, _name in list_names(tenant_id=tenant_id)]
        draft = CampaignDraft(
            name=" ".join(name.split()) or _dated_name(),
            mailing_list_id=lists[0] if len(lists) == 1 else None,
            from_name=sender.name,
            from_address=sender.address,
            reply_to=sender.reply_to,
            markup=template.markup if template else Campaign.Markup.MJML,
            html_source=template.html_source if template else find_starter(STARTER).source(active_language()),
            text_source=template.text_source if template else "",
        )
        return create_campaign(tenant_id=tenant_id, draft=draft, actor=actor)


def _sender(tenant_id: UUID) -> SenderDraft:
    chosen = next(iter(senders_of(tenant_id)), None)
    if chosen is not None:
        return SenderDraft(name=chosen.name, address=chosen.address, reply_to=chosen.reply_to)
    last = Campaign.objects.exclude(from_address="").order_by("-pk").first()
    if last is not None:
        return SenderDraft(name=last.from_name, address=last.from_address, reply_to=last.reply_to)
    return SenderDraft(name=Tenant.objects.get(pk=tenant_id).name, address="")


def _dated_name() -> str:
    today = date_format(timezone.localdate(), "SHORT_DATE_FORMAT")
    return _("Campaign of %(date)s") % {"date": today}
