"""What the pages are asked, and the ids that stand in their addresses."""

from typing import Final
from uuid import UUID

from accounts.models import Job
from accounts.tenancy import tenant_scope
from campaigns.models import Campaign, Contact, ContactList
from delivery.models import Message
from relay_saas.mail.ids import format_id

#: Of each kind, so that not one row is read again and again.
_SAMPLES: Final = 40
#: The sample that stands for a parameter of a route.
PARAMETERS: Final = {
    "campaign_id": "campaign",
    "word": "message",
    "contact_id": "contact",
    "list_id": "list",
    "job_id": "job",
}
#: What is asked of a page beside its plain address; `{…}` is a sample.
QUERIES: Final[dict[str, tuple[dict[str, str], ...]]] = {
    "tracking:report": ({"period": "days", "machines": "1"},),
    "tracking:recipients": (
        *({"state": state} for state in ("delivered", "bounced", "waiting", "suppressed", "unsubscribed")),
        *({"state": state, "machines": "1"} for state in ("opened", "clicked", "complained")),
        {"state": "clicked", "link": "3"},
    ),
    "tracking:messages": (
        {"q": "{address}"},
        {"q": "{message}"},
        {"state": "bounced"},
        {"state": "waiting"},
        {"state": "delivered", "campaign": "{campaign}"},
        {"q": "{address}", "state": "bounced"},
    ),
    "tracking:campaigns": ({"state": "sent"},),
    "console:search": ({"q": "{address}"}, {"q": "person12"}, {"q": "Newsletter 1"}, {"q": "{message}"}),
    "campaigns:suppressions": ({"q": "{address}"},),
    "campaigns:contacts": ({"q": "{address}"}, {"q": "person12"}),
}


def samples(tenant_id: UUID) -> dict[str, list[str]]:
    """Ids for the routes' parameters and the questions, by name."""
    with tenant_scope(tenant_id):
        campaigns = Campaign.objects.filter(tenant_id=tenant_id, launched_at__isnull=False)
        newest = Message.objects.filter(tenant_id=tenant_id).order_by("-id")[:_SAMPLES]
        contacts = Contact.objects.filter(tenant_id=tenant_id).order_by("-id")[:_SAMPLES]
        return {
            "campaign": [str(one.pk) for one in campaigns],
            "message": [format_id("msg", one.id) for one in newest],
            "contact": [str(one.pk) for one in contacts],
            "address": [one.email for one in contacts],
            "job": [str(one.pk) for one in Job.objects.filter(tenant_id=tenant_id)[:_SAMPLES]],
            "list": [str(one.pk) for one in ContactList.objects.filter(tenant_id=tenant_id)],
        }
