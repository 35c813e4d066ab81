"""The link that shows a domain's records to whoever keeps its DNS: signed, for seven days, no sign-in."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.core import signing
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.audit import Actor
from accounts.exceptions import AccountsError
from accounts.models import SendingDomain
from accounts.selectors.domains import find_domain
from accounts.tenancy import tenant_scope
from relay_saas.web.errors import NotFound

SALT = "accounts.dns_share"
LIFETIME = timedelta(days=7)


class ShareExpired(AccountsError):
    """The link is older than its lifetime."""

    code = "share_expired"
    status = 410
    message = _("This link was good for seven days. Ask whoever sent it for a new one.")


class ShareUnknown(AccountsError):
    """The link was not made by us, was revoked, or its domain is gone."""

    code = "not_found"
    status = 404
    message = _("This link leads nowhere. Ask whoever sent it for a new one.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """What a link stands for."""

    tenant_id: UUID
    domain: SendingDomain


def share_token(domain: SendingDomain) -> str:
    """A token for the domain's records, from now on for LIFETIME."""
    return signing.dumps([domain.tenant_id.hex, domain.pk, domain.share_number], salt=SALT)


def revoke_share(*, tenant_id: UUID, domain_id: int, actor: Actor) -> None:
    """Ends every link to the domain's records that was made so far; raises NotFound."""
    with tenant_scope(tenant_id):
        domain = SendingDomain.objects.select_for_update().filter(pk=domain_id).first()
        if domain is None:
            raise NotFound
        domain.share_number += 1
        domain.save(update_fields=["share_number"])
        audit.record(tenant_id=tenant_id, actor=actor, verb="share_revoked", subject=domain)


def shared_domain(token: str) -> Shared:
    """The domain behind a token; raises ShareExpired, ShareUnknown."""
    try:
        tenant, domain_id, number = signing.loads(token, salt=SALT, max_age=LIFETIME)
    except signing.SignatureExpired as error:
        raise ShareExpired from error
    except (signing.BadSignature, ValueError) as error:
        raise ShareUnknown from error
    tenant_id = UUID(tenant)
    try:
        domain = find_domain(tenant_id=tenant_id, domain_id=domain_id)
    except NotFound as error:
        raise ShareUnknown from error
    if number != domain.share_number:
        raise ShareUnknown
    return Shared(tenant_id=tenant_id, domain=domain)
