"""What settings and developers' pages show in the browser tests: keys, requests, invitations, a deed."""

from datetime import timedelta

from django.utils import timezone

from accounts.audit import Actor
from accounts.models import Role, SendingDomain, Tenant, User
from accounts.services import invitations, smtp_credentials
from accounts.services.api_keys import create_key, revoke_key
from accounts.services.organization import change_settings
from accounts.services.request_log import keep_request
from accounts.services.smtp_draft import CredentialDraft
from accounts.tenancy import tenant_scope
from tests.browser.story import HOSTILE

#: The link of the open invitation; its mail goes nowhere here.
TOKEN = "browser-tests-open-this-invitation-with-this-link"
INVITED = "m.yamanouchi.from.the.very.long.street@hinode.test"
_REQUESTS = (
    ("POST", "/api/v1/emails", 202, "", 41),
    ("POST", "/api/v1/emails", 422, "domain_not_verified", 12),
    ("GET", "/api/v1/emails/em_06gq5x5d2qkxv6wyf0jz3n8s1m/events", 200, "", 8),
    ("POST", "/api/v1/emails", 500, "internal_error", 1204),
)


def fill(tenant: Tenant, owner: User) -> None:
    """Everything, as the owner would have done it."""
    actor = Actor(name=owner.email, user_id=owner.pk, address="203.0.113.5")
    key, _ = create_key(
        tenant_id=tenant.pk, name="オンラインショップ", scopes=["messages.send", "messages.read"], actor=actor
    )
    old, _ = create_key(tenant_id=tenant.pk, name=f"old {HOSTILE}", scopes=["messages.send"], actor=actor)
    revoke_key(tenant_id=tenant.pk, key_id=old.pk, actor=actor)
    _fill_smtp(tenant, actor)
    for number, (method, path, status, code, took) in enumerate(_REQUESTS):
        keep_request(
            tenant_id=tenant.pk, key_id=key.pk, at=timezone.now() - timedelta(minutes=number), method=method,
            path=path, status=status, code=code, milliseconds=took, request_id=f"{number:032x}",
        )  # fmt: skip
    change_settings(
        tenant_id=tenant.pk, values={"contact_address": "https://hinode.test/お問い合わせ"}, actor=actor
    )
    for email, role in ((INVITED, Role.MARKETER), ("old@hinode.test", Role.ANALYST)):
        invitations.invite(tenant_id=tenant.pk, email=email, role=role, by=Role.OWNER, actor=actor)
    with tenant_scope(tenant.pk):
        waiting = invitations.open_invitations(tenant.pk)
        waiting.filter(email=INVITED).update(hash=invitations.digest(f"{TOKEN}-{tenant.slug}"))
        waiting.exclude(email=INVITED).update(expires_at=timezone.now())


def _fill_smtp(tenant: Tenant, actor: Actor) -> None:
    """A mailbox's credential with everything set, and one that has ended."""
    with tenant_scope(tenant.pk):
        domain = SendingDomain.objects.filter(state=SendingDomain.State.VERIFIED).order_by("pk")[0].name
    full = CredentialDraft(
        name="山之内さんの Outlook",
        allowed_from=[f"yamanouchi@{domain}", f"shop-*@{domain}"],
        networks=["203.0.113.0/24", "2001:db8::/32"],
        track_clicks=True,
        rate_per_minute=60,
        daily_limit=2000,
        bounce_notice=f"yamanouchi@{domain}",
    )
    smtp_credentials.create(tenant_id=tenant.pk, draft=full, actor=actor)
    draft = CredentialDraft(name=f"old {HOSTILE}"[:60])
    old, _ = smtp_credentials.create(tenant_id=tenant.pk, draft=draft, actor=actor)
    smtp_credentials.revoke(tenant_id=tenant.pk, credential_id=old.pk, actor=actor)
