"""Addresses that are known to belong to people of an organization."""

from uuid import UUID

from allauth.account.models import EmailAddress

from accounts.models import Membership
from accounts.tenancy import reading_scope


def member_addresses(*, tenant_id: UUID) -> dict[str, int]:
    """Person by address, in lower case: what members sign in with, and others that they have confirmed."""
    with reading_scope(tenant_id):
        members = Membership.objects.order_by("user__email").values_list("user__email", "user_id")
        found = {email.lower(): user_id for email, user_id in members if email}
    confirmed = EmailAddress.objects.filter(user_id__in=found.values(), verified=True).order_by("email")
    for email, user_id in confirmed.values_list("email", "user_id"):
        found.setdefault(email.lower(), user_id)
    return found
