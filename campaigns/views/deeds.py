"""Does one thing to one campaign and says what came of it."""

from typing import Protocol
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest

from accounts.audit import Actor
from accounts.selectors.membership import Member
from accounts.views.actors import actor_of
from campaigns.exceptions import CampaignsError


class Deed(Protocol):
    """A service that changes one campaign."""

    def __call__(self, *, tenant_id: UUID, campaign_id: int, actor: Actor) -> object:
        """Changes it, or raises."""


def carry_out(request: HttpRequest, member: Member, campaign_id: int, deed: Deed, done: str) -> None:
    """The next page shows `done`, or why it could not be."""
    try:
        deed(tenant_id=member.tenant_id, campaign_id=campaign_id, actor=actor_of(request, member))
    except CampaignsError as error:
        messages.error(request, f"{error} ({error.code})")
    else:
        messages.success(request, done)
