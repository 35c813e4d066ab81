"""Who a request acts as, for the audit trail."""

from django.http import HttpRequest

from accounts.audit import Actor
from accounts.selectors.membership import Member


def actor_of(request: HttpRequest, member: Member) -> Actor:
    """The person behind a request of the dashboard."""
    return Actor(
        name=request.user.get_username(), user_id=member.user_id, address=request.META.get("REMOTE_ADDR", "")
    )
