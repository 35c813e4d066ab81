"""Begins a campaign: a draft that already knows what can be known."""

from typing import Final
from uuid import UUID

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.audit import Actor
from accounts.models import Tenant
from accounts.tenancy import tenant_scope
from campaigns.models import Campaign, ContactList
from campaigns.services.campaigns import CampaignDraft, create_campaign
from campaigns.services.starters import active_language, find_starter

#: The plainest mail to begin with.
STARTER: Final = "letter"


def start_campaign(*, tenant_id: UUID, name: str, actor: Actor) -> Campaign:
    """A draft with the last campaign's sender, the only list there is, and a mail that may be launched.

    An empty name becomes one with the date; raises BadDraft.
    """
    with tenant_scope(tenant_id):
        last = Campaign.objects.exclude(from_address="").order_by("-pk").first()
        lists = ContactList.objects.order_by("pk").values_list("pk", flat=True)[:2]
        draft = CampaignDraft(
            name=" ".join(name.split()) or _dated_name(),
            mailing_list_id=lists[0] if len(lists) == 1 else None,
            from_name=last.from_name if last else Tenant.objects.get(pk=tenant_id).name,
            from_address=last.from_address if last else "",
            reply_to=last.reply_to if last else "",
            html_source=find_starter(STARTER).source(active_language()),
        )
        return create_campaign(tenant_id=tenant_id, draft=draft, actor=actor)


def _dated_name() -> str:
    today = date_format(timezone.localdate(), "SHORT_DATE_FORMAT")
    return _("Campaign of %(date)s") % {"date": today}
