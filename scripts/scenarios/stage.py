"""`python -m scripts.scenarios.stage STEP`, JSON on standard input: what tenants do, by our services."""

import json
import sys
import time
from collections.abc import Callable
from typing import Any, Final
from uuid import UUID

import django
import psycopg
from django.conf import settings

django.setup()

from accounts.audit import SYSTEM  # noqa: E402 - models can be imported once Django is set up
from accounts.services.dns_records import tenant_records  # noqa: E402
from accounts.services.domains import add_domain, verify_domain  # noqa: E402
from accounts.services.tenants import create_tenant  # noqa: E402
from accounts.tenancy import tenant_scope  # noqa: E402
from campaigns.models import Campaign, ContactList  # noqa: E402
from campaigns.services.campaigns import CampaignDraft, create_campaign  # noqa: E402
from campaigns.services.launch import request_launch  # noqa: E402
from relay_saas.net.zone import ZoneRecord, publish  # noqa: E402

HTML: Final = """<!doctype html><html><body><p>Dear reader {{{{ contact.email }}}},</p>
<img src="https://{pictures}/head.png" alt="">
<p>Three offers: <a href="https://shop.test/one">one</a> <a href="https://shop.test/two">two</a></p>
<p>{{{{ sender.legal_name }}}}, {{{{ sender.postal_address }}}}, {{{{ sender.contact_address }}}}
<a href="{{{{ unsubscribe_url }}}}">Unsubscribe</a></p></body></html>
"""
_CONTACTS: Final = """
with people as (
  insert into campaigns_contact
    (tenant_id, email, email_key, domain, attrs, needs_smtputf8, created_at, updated_at)
  select %(tenant)s, a.email, a.email, a.domain, '{}', false, now(), now()
  from (select distinct email, split_part(email, '@', 2) as domain from unnest(%(emails)s::text[]) email) a
  on conflict (tenant_id, email_key) do update set updated_at = now() returning id
)
insert into campaigns_subscription (tenant_id, mailing_list_id, contact_id, state, source, changed_at)
select %(tenant)s, %(list)s, id, 'subscribed', 'scenario', now() from people
"""


def tenants(*, slugs: list[str]) -> list[dict[str, str]]:
    """An organization for each, with a verified domain that signs by RSA and Ed25519."""
    return [_tenant(slug) for slug in slugs]


def _tenant(slug: str) -> dict[str, str]:
    made = create_tenant(
        slug=slug,
        name=slug.title(),
        actor=SYSTEM,
        legal_name=f"{slug.title()} Ltd",
        postal_address="1 High Street, London",
        contact_address=f"support@{slug}.test",
    )
    domain = add_domain(tenant_id=made.pk, name=f"news.{slug}.test", actor=SYSTEM)
    records = [ZoneRecord(name=one.name, type=one.type, value=one.value) for one in tenant_records(domain)]
    publish(records, zone=domain.name)
    state = verify_domain(tenant_id=made.pk, domain_id=domain.pk, actor=SYSTEM).state
    if state != "verified":
        raise RuntimeError(f"{domain.name} is {state}")
    return {"tenant": str(made.pk), "domain": domain.name, "slug": slug}


def campaigns(*, drafts: list[dict[str, Any]]) -> list[int]:
    """A draft for each: `tenant`, `domain`, `emails`, and `pictures`, the host of its picture."""
    return [_campaign(**draft) for draft in drafts]


def _campaign(*, tenant: str, domain: str, emails: list[str], pictures: str = "pictures.test") -> int:
    tenant_id = UUID(tenant)
    name = f"To {len(emails)} at {time.time_ns()}"
    with tenant_scope(tenant_id):
        mailing_list = ContactList.objects.create(tenant_id=tenant_id, name=name)
    with psycopg.connect(settings.DATABASE_OWNER_URL) as owner:
        owner.execute(_CONTACTS, {"tenant": tenant_id, "list": mailing_list.pk, "emails": emails})
    with tenant_scope(tenant_id):
        draft = CampaignDraft(
            name=name,
            mailing_list_id=mailing_list.pk,
            from_name="Scenario",
            from_address=f"letters@{domain}",
            subject="News for {{ contact.email }}",
            preheader="Three offers",
            markup=Campaign.Markup.HTML,
            html_source=HTML.format(pictures=pictures),
            text_source="Three offers for {{ contact.email }}\n\n{{ unsubscribe_url }}\n"
            "{{ sender.legal_name }}, {{ sender.postal_address }}, {{ sender.contact_address }}\n",
        )
        return int(create_campaign(tenant_id=tenant_id, draft=draft, actor=SYSTEM).pk)


def launch(*, pairs: list[tuple[str, int]]) -> list[float]:
    """Launches campaigns, (tenant, campaign) each; when each was requested, in seconds since the epoch."""
    times = []
    for tenant, campaign in pairs:
        times.append(time.time())
        with tenant_scope(UUID(tenant)):
            request_launch(tenant_id=UUID(tenant), campaign_id=campaign, actor=SYSTEM)
    return times


STEPS: Final[dict[str, Callable[..., Any]]] = {"tenants": tenants, "campaigns": campaigns, "launch": launch}

if __name__ == "__main__":
    said = STEPS[sys.argv[1]](**json.load(sys.stdin))
    sys.stdout.write(json.dumps(said, default=str) + "\n")
