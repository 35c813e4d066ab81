"""Who plays: one organization with its owner, its key and its sending domain; made once, found again
later."""

import json
import secrets
from dataclasses import asdict, dataclass
from email.utils import parseaddr
from pathlib import Path
from uuid import UUID

from django.conf import settings

from accounts.audit import SYSTEM
from accounts.models import Role, SendingDomain, User
from accounts.selectors.membership import memberships_of
from accounts.services.api_keys import issue_key
from accounts.services.dns_records import tenant_records
from accounts.services.domains import add_domain, verify_domain
from accounts.services.operators import set_operator
from accounts.services.tenants import add_member, create_tenant
from accounts.tenancy import SYSTEM_TENANT_ID
from relay_saas.net.zone import ZoneRecord, publish

SLUG = "hinode"
NAME = "日の出ストア / Hinode Store"
OWNER = "owner@hinode.test"
MARKETER = "marketer@hinode.test"
DOMAIN = "news.hinode.test"
SCOPES = ("messages.send", "messages.read")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """What `make demo INFO=1` tells, and the tenant's id."""

    tenant_id: UUID
    tenant: str
    api_key: str
    owner_email: str
    owner_password: str


def story_file() -> Path:
    """Where the secrets of this one demo are kept, readable by its user alone."""
    return Path(settings.RELAY_DATA_DIR) / "story.json"


def gather() -> Cast:
    """The cast of an earlier run in this data folder, or a new one."""
    path = story_file()
    if path.exists():
        told = json.loads(path.read_text(encoding="utf-8"))
        return Cast(**told | {"tenant_id": UUID(told["tenant_id"])})
    cast = _engage()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_text(json.dumps(asdict(cast), default=str), encoding="utf-8")
    return cast


def _engage() -> Cast:
    """Also finishes what a run that was killed half-way had begun."""
    password = secrets.token_urlsafe(12)
    owner = _person(OWNER, password, "日野 あかり / Akari Hino")
    found = memberships_of(owner.pk)
    if found:
        tenant_id = found[0].tenant_id
    else:
        tenant_id = create_tenant(
            slug=SLUG,
            name=NAME,
            actor=SYSTEM,
            locale="ja",
            time_zone="Asia/Tokyo",
            legal_name="株式会社日の出ストア",
            postal_address="〒100-0001 東京都千代田区千代田1-1",
            contact_address="support@hinode.test",
        ).pk
    add_member(tenant_id=tenant_id, user=owner, role=Role.OWNER, actor=SYSTEM)
    # The demo has one sign-in, and the operators' pages are worth a look.
    set_operator(email=OWNER, operates=True, actor=SYSTEM)
    marketer = _person(MARKETER, password, "真木 太郎 / Taro Maki")
    add_member(tenant_id=tenant_id, user=marketer, role=Role.MARKETER, actor=SYSTEM)
    _key, secret = issue_key(tenant_id=tenant_id, name="Demo", scopes=SCOPES, actor=SYSTEM)
    return Cast(tenant_id=tenant_id, tenant=SLUG, api_key=secret, owner_email=OWNER, owner_password=password)


def _person(email: str, password: str, name: str) -> User:
    person = User.objects.filter(email=email).first()
    if person is None:
        return User.objects.create_user(email, password, name=name, locale="ja")
    person.set_password(password)
    person.save(update_fields=["password"])
    return person


def verified_domain(tenant_id: UUID) -> SendingDomain:
    """The sending domain, verified: its owner sets the records at the DNS host, which here is the
    simulator."""
    return _verified(tenant_id, DOMAIN)


def verified_system_domain() -> SendingDomain | None:
    """The domain of the installation's own mail, verified; None where the settings name none."""
    _name, address = parseaddr(settings.DEFAULT_FROM_EMAIL)
    domain = address.rpartition("@")[2]
    return _verified(SYSTEM_TENANT_ID, domain) if "." in domain else None


def _verified(tenant_id: UUID, name: str) -> SendingDomain:
    domain = add_domain(tenant_id=tenant_id, name=name, actor=SYSTEM)
    records = [ZoneRecord(name=one.name, type=one.type, value=one.value) for one in tenant_records(domain)]
    publish(records, zone=name)
    return verify_domain(tenant_id=tenant_id, domain_id=domain.pk, actor=SYSTEM)
