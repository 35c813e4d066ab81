"""Makes people operators of the relay, and takes it from them."""

from accounts import audit
from accounts.audit import Actor
from accounts.exceptions import NoSuchPerson
from accounts.models import User
from accounts.tenancy import SYSTEM_TENANT_ID, system_scope


def set_operator(*, email: str, operates: bool, actor: Actor) -> User:
    """Opens or closes the operators' pages to a person; raises NoSuchPerson."""
    user = User.objects.filter(email=email.lower()).first()
    if user is None:
        raise NoSuchPerson
    with system_scope():
        user.is_staff = operates
        user.save(update_fields=["is_staff"])
        verb = "appointed" if operates else "dismissed"
        audit.record(tenant_id=SYSTEM_TENANT_ID, actor=actor, verb=verb, subject=user)
    return user
