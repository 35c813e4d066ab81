"""`python -m scripts.product_run.newcomer make LANGUAGE | publish TENANT DOMAIN`: an empty account.

What the browser cannot do: the account itself, and the entries at the DNS host, which here is the simulator.
"""

import json
import secrets
import sys
from uuid import UUID

import django

django.setup()

from accounts.audit import SYSTEM  # noqa: E402 - models can be imported once Django is set up
from accounts.models import Role, SendingDomain, User  # noqa: E402
from accounts.services.dns_records import tenant_records  # noqa: E402
from accounts.services.tenants import add_member, create_tenant  # noqa: E402
from accounts.tenancy import tenant_scope  # noqa: E402
from relay_saas.net.zone import ZoneRecord, publish  # noqa: E402


def make(language: str) -> dict[str, str]:
    """An organization with nothing in it, and its owner."""
    slug, password = f"first-{secrets.token_hex(3)}", secrets.token_urlsafe(12)
    tenant = create_tenant(
        slug=slug,
        name="はじめ商店" if language == "ja" else "First Store",
        actor=SYSTEM,
        locale=language,
        time_zone="Asia/Tokyo",
        legal_name="First Store Ltd",
        postal_address="1-1 Chiyoda, Tokyo 100-0001",
        contact_address=f"support@{slug}.test",
    )
    owner = User.objects.create_user(f"owner@{slug}.test", password, name="Hajime", locale=language)
    add_member(tenant_id=tenant.pk, user=owner, role=Role.OWNER, actor=SYSTEM)
    return {"slug": slug, "tenant": str(tenant.pk), "email": owner.email, "password": password}


def publish_records(tenant: str, name: str) -> dict[str, str]:
    """Sets the records that the domain's page asks for."""
    with tenant_scope(UUID(tenant)):
        domain = SendingDomain.objects.get(name=name)
    records = [ZoneRecord(name=one.name, type=one.type, value=one.value) for one in tenant_records(domain)]
    publish(records, zone=name)
    return {"published": str(len(records))}


if __name__ == "__main__":
    said = make(sys.argv[2]) if sys.argv[1] == "make" else publish_records(*sys.argv[2:])
    sys.stdout.write(json.dumps(said) + "\n")
