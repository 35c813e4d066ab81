"""`python -m scripts.bench.stage STEP JSON`: what a tenant does, through the product's services."""

import json
import sys
import time
from collections.abc import Callable
from ipaddress import ip_network
from typing import Any, Final
from uuid import UUID

import django
import psycopg
from django.conf import settings

django.setup()

from django.db import connection  # noqa: E402 - as the models below
from django.utils import timezone  # noqa: E402

from accounts.audit import SYSTEM  # noqa: E402 - models can be imported once Django is set up
from accounts.models import SendingDomain  # noqa: E402
from accounts.services.api_keys import issue_key  # noqa: E402
from accounts.services.dns_records import tenant_records  # noqa: E402
from accounts.services.domains import add_domain, verify_domain  # noqa: E402
from accounts.services.smtp_credentials import create as create_credential  # noqa: E402
from accounts.services.smtp_draft import CredentialDraft  # noqa: E402
from accounts.services.tenants import create_tenant  # noqa: E402
from accounts.tenancy import tenant_scope  # noqa: E402
from campaigns.models import Campaign, ContactField, ContactList  # noqa: E402
from campaigns.services.campaigns import CampaignDraft, create_campaign  # noqa: E402
from campaigns.services.fields import create_field  # noqa: E402
from campaigns.services.launch import request_launch  # noqa: E402
from delivery.models import Domain, Scope  # noqa: E402
from delivery.services import policy  # noqa: E402
from delivery.services.submission import submit  # noqa: E402
from delivery.services.submission_spec import Mailbox, SubmissionSpec  # noqa: E402
from relay_saas.net.zone import ZoneRecord, publish  # noqa: E402
from scripts.bench import letter  # noqa: E402
from tracking.services.record import RECORD_SQL, Engaged, record_parameters  # noqa: E402
from tracking.services.webhooks import WebhookDraft, create_webhook  # noqa: E402


def tenant(*, slug: str) -> dict[str, Any]:
    """An organization with ten fields and a verified domain that signs by RSA and Ed25519."""
    made = create_tenant(
        slug=slug,
        name=slug.title(),
        actor=SYSTEM,
        locale="en",
        time_zone="UTC",
        legal_name=f"{slug.title()} Ltd",
        postal_address="1 High Street, London",
        contact_address=f"support@{slug}.test",
    )
    for key in letter.FIELDS:
        create_field(tenant_id=made.pk, key=key, label=key, kind=ContactField.Kind.TEXT, actor=SYSTEM)
    domain = add_domain(tenant_id=made.pk, name=f"news.{slug}.test", actor=SYSTEM)
    records = [ZoneRecord(name=one.name, type=one.type, value=one.value) for one in tenant_records(domain)]
    publish(records, zone=domain.name)
    verified = verify_domain(tenant_id=made.pk, domain_id=domain.pk, actor=SYSTEM)
    return {"tenant": str(made.pk), "domain": domain.name, "state": verified.state}


def campaign(*, tenant: str, domain: str, name: str, count: int, to: list[str]) -> dict[str, Any]:
    """A list of `count` contacts, spread over the domains `to`, and a draft to it."""
    tenant_id = UUID(tenant)
    with tenant_scope(tenant_id):
        mailing_list = ContactList.objects.create(tenant_id=tenant_id, name=name)
    values = {"tenant": tenant_id, "list": mailing_list.pk, "count": count, "domains": to}
    with psycopg.connect(settings.DATABASE_OWNER_URL) as owner:
        owner.execute(letter.CONTACTS, values)
        owner.execute(letter.SUBSCRIPTIONS, values)
    with psycopg.connect(settings.DATABASE_OWNER_URL, autocommit=True) as owner:
        owner.execute("vacuum analyze campaigns_contact, campaigns_subscription")
    with tenant_scope(tenant_id):
        draft = CampaignDraft(
            name=name,
            mailing_list_id=mailing_list.pk,
            from_name="Bench Store",
            from_address=f"letters@{domain}",
            subject=letter.SUBJECT,
            preheader=letter.PREHEADER,
            markup=Campaign.Markup.HTML,
            html_source=letter.html(),
            text_source=letter.text(),
        )
        made = create_campaign(tenant_id=tenant_id, draft=draft, actor=SYSTEM)
    return {"campaign": made.pk}


def credential(*, tenant: str, domain: str) -> dict[str, Any]:
    """An SMTP credential for that domain."""
    draft = CredentialDraft(name="bench", allowed_from=[domain])
    made, password = create_credential(tenant_id=UUID(tenant), draft=draft, actor=SYSTEM)
    return {"username": made.username, "password": password}


def launch(*, tenant: str, campaign: int) -> dict[str, Any]:
    """Launches; `began` is the machine's monotonic clock right before the request."""
    began = time.monotonic()
    with tenant_scope(UUID(tenant)):
        request_launch(tenant_id=UUID(tenant), campaign_id=campaign, actor=SYSTEM)
    return {"began": began}


def suspend(*, domain: str) -> dict[str, Any]:
    """Holds everything back that goes to the site of a domain which has been sent to before."""
    site = Domain.objects.get(name=domain).site_id
    held = policy.suspend(scope=Scope(site_id=site), reason="bench", set_by="bench")
    return {"policy": held.pk}


def webhook(*, tenant: str, url: str, count: int) -> dict[str, Any]:
    """An endpoint that asks for opens, and `count` opens of one message."""
    tenant_id = UUID(tenant)
    settings.RELAY_WEBHOOK_NETWORKS = [ip_network("127.0.0.0/8")]
    settings.RELAY_WEBHOOK_PORTS = [range(1, 65536)]
    draft = WebhookDraft(url=url, types=["opened"])
    endpoint, _ = create_webhook(tenant_id=tenant_id, draft=draft, actor=SYSTEM)
    spec = SubmissionSpec(
        from_=Mailbox(address=f"hooks@{_domain(tenant_id)}"),
        to=(Mailbox(address="reader@readers.test"),),
        subject="Webhooks",
        text="Webhooks",
    )
    message_id = submit(tenant_id=tenant_id, spec=spec).messages[0].id
    with tenant_scope(tenant_id), connection.cursor() as cursor:
        for at in range(0, count, 500):
            batch = [
                Engaged(message_id=message_id, kind="opened", at=timezone.now())
                for _ in range(min(500, count - at))
            ]
            cursor.execute(RECORD_SQL, record_parameters(tenant_id, batch))
    return {"endpoint": endpoint.pk}


def _domain(tenant_id: UUID) -> str:
    with tenant_scope(tenant_id):
        return SendingDomain.objects.filter(state=SendingDomain.State.VERIFIED).order_by("pk")[0].name


def api_key(*, tenant: str) -> dict[str, Any]:
    """A key that may send."""
    _key, secret = issue_key(tenant_id=UUID(tenant), name="bench", scopes=["messages.send"], actor=SYSTEM)
    return {"secret": secret}


STEPS: Final[dict[str, Callable[..., dict[str, Any]]]] = {
    "tenant": tenant,
    "api_key": api_key,
    "campaign": campaign,
    "credential": credential,
    "launch": launch,
    "suspend": suspend,
    "webhook": webhook,
}

if __name__ == "__main__":
    said = STEPS[sys.argv[1]](**json.loads(sys.argv[2]))
    sys.stdout.write(json.dumps(said, default=str) + "\n")
