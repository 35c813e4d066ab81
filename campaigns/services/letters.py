"""Mail from us about campaigns."""

from collections.abc import Sequence

from django.urls import reverse

from accounts.models import Membership, Role, User
from accounts.services.post import link_to, send
from campaigns.models import Campaign


def person_of(campaign: Campaign) -> User | None:
    """Whom a campaign's mail goes to: who planned it, else who began it, else an owner; all still members."""
    members = Membership.objects.filter(user__is_active=True).select_related("user").order_by("pk")
    by_id = {member.user_id: member for member in members}
    for user_id in (campaign.scheduled_by_id, campaign.created_by_id):
        if user_id in by_id:
            return by_id[user_id].user
    return next((member.user for member in by_id.values() if member.role == Role.OWNER), None)


def not_launched(campaign: Campaign, person: User, problems: Sequence[str]) -> None:
    """A check stopped the launch when its time came; called in the tenant's scope.

    `problems` say in the person's language what has to be mended.
    """
    tenant = campaign.tenant
    context = {
        "campaign": campaign.name,
        "at": campaign.scheduled_at,
        "problems": list(problems),
        "organization": tenant.name,
        "link": link_to(reverse("campaigns:review", args=[tenant.slug, campaign.pk])),
    }
    send(
        to=person.email,
        language=person.locale,
        letter="campaign_not_launched",
        context=context,
        time_zone=tenant.time_zone,
    )
