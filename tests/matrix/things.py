"""What ids in routes are of, beside the campaign, the contact and the mail of world.py: a maker for each."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from accounts.audit import SYSTEM
from accounts.models import Role
from accounts.services import smtp_credentials
from accounts.services.api_keys import issue_key
from accounts.services.invitations import invite
from accounts.services.smtp_draft import CredentialDraft
from accounts.tenancy import tenant_scope
from delivery.models import Message
from tracking.models import WebhookEndpoint
from tracking.services.message_shares import share_message
from tracking.services.webhook_calls import send_test
from tracking.services.webhooks import WebhookDraft, create_webhook

Maker = Callable[[UUID], Any]


def _api_key(tenant_id: UUID) -> int:
    return issue_key(tenant_id=tenant_id, name="shop", scopes=["messages.send"], actor=SYSTEM)[0].pk


def _invitation(tenant_id: UUID) -> int:
    asked = invite(
        tenant_id=tenant_id, email="asked@people.test", role=Role.ANALYST, by=Role.OWNER, actor=SYSTEM
    )
    return asked.pk


def _smtp_credential(tenant_id: UUID) -> int:
    draft = CredentialDraft(name="mailer")
    return smtp_credentials.create(tenant_id=tenant_id, draft=draft, actor=SYSTEM)[0].pk


def _message_share(tenant_id: UUID) -> int:
    message = Message.objects.all()[0]
    return share_message(tenant_id=tenant_id, message_id=message.id, actor=SYSTEM).pk


def _webhook(tenant_id: UUID) -> int:
    draft = WebhookDraft(url="https://hooks.example.com/mail")
    return create_webhook(tenant_id=tenant_id, draft=draft, actor=SYSTEM)[0].pk


def _webhook_call(tenant_id: UUID) -> UUID:
    number = WebhookEndpoint.objects.get().pk
    return send_test(tenant_id=tenant_id, endpoint_id=number, actor=SYSTEM).id


#: A kind of id -> how an organization gets one; it runs in the organization's scope.
MAKERS: dict[str, Maker] = {
    "api_key": _api_key,
    "invitation": _invitation,
    "smtp_credential": _smtp_credential,
    "message_share": _message_share,
    "webhook": _webhook,
    "webhook_call": _webhook_call,
}


def make_all(tenant_id: UUID) -> dict[str, Any]:
    """One of each kind."""
    with tenant_scope(tenant_id):
        return {kind: make(tenant_id) for kind, make in MAKERS.items()}
