"""Who does something on a page, as the audit trail names them."""

from django.http import HttpRequest

from accounts.audit import Actor
from accounts.selectors.membership import Member


def actor_of(request: HttpRequest, member: Member) -> Actor:
    """The signed-in person."""
    return Actor(
        name=request.user.get_username(), user_id=member.user_id, address=request.META.get("REMOTE_ADDR", "")
    )
