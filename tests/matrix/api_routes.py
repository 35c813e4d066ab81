"""The access table of the API: each method of each route with its scope, its ids and a body that succeeds."""

import base64
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from relay_saas.mail.ids import format_id
from relay_saas.web.prefixed import public_id
from tests.matrix.world import Organization

#: Kind of a thing in the matrix's world -> the prefix of its id; the others are ids as they are.
PREFIXES = {
    "api_key": "key",
    "campaign": "cmp",
    "contact": "con",
    "contact_field": "fld",
    "contact_import": "imp",
    "smtp_credential": "cred",
    "domain": "dom",
    "invitation": "inv",
    "job": "job",
    "mailing_list": "lst",
    "member": "mem",
    "sender": "snd",
    "suppression": "sup",
    "template": "tpl",
    "webhook": "whk",
}
#: The same for things whose number is a UUID.
UUIDS = {"webhook_call": "call"}
#: The number of a thing that never was.
NEVER = 1 << 40

Body = Callable[[Organization], dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One method of one route."""

    method: str
    scope: str
    success: int = 200
    body: Body | None = None
    query: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One route."""

    takes: tuple[str, ...] = ()
    calls: tuple[Call, ...] = field(default_factory=tuple)


def public(kind: str, value: Any) -> str:
    """The id of the world's thing as callers see it."""
    if kind in UUIDS:
        return format_id(UUIDS[kind], value if isinstance(value, UUID) else UUID(int=value))
    return public_id(PREFIXES[kind], value) if kind in PREFIXES else str(value)


def own(kind: str, organization: Organization) -> str:
    """The id of the organization's own thing of that kind."""
    return public(kind, organization.id_of(kind))


def fixed(**values: Any) -> Body:
    """A body without ids."""
    return lambda _organization: values


def read(scope: str, *takes: str) -> Route:
    """A route that is only read."""
    return Route(takes=takes, calls=(Call(method="GET", scope=scope),))


def deed(scope: str, *takes: str, success: int = 200, body: Body | None = None) -> Route:
    """A route that does one thing."""
    return Route(takes=takes, calls=(Call(method="POST", scope=scope, success=success, body=body),))


def many(noun: str, body: Body, *, success: int = 201) -> Route:
    """A list that is read and added to."""
    return Route(
        calls=(
            Call(method="GET", scope=f"{noun}.read"),
            Call(method="POST", scope=f"{noun}.write", success=success, body=body),
        )
    )


def one(noun: str, kind: str, body: Body, *, query: str = "", delete: int = 204) -> Route:
    """One thing that is read, changed and deleted."""
    return Route(
        takes=(kind,),
        calls=(
            Call(method="GET", scope=f"{noun}.read"),
            Call(method="PATCH", scope=f"{noun}.write", body=body),
            Call(method="DELETE", scope=f"{noun}.write", success=delete, query=query),
        ),
    )


EMAIL = {"from": "shop@news.acme.test", "to": ["taro@gmail.test"], "subject": "Order 17", "text": "Thank you"}
RAW = base64.b64encode(b"From: shop@news.acme.test\r\nSubject: x\r\n\r\nx\r\n").decode()
TOMORROW = (datetime.now(UTC) + timedelta(days=1)).isoformat()

API: dict[str, Route] = {
    "api:emails": Route(
        calls=(
            Call(method="GET", scope="messages.read"),
            Call(method="POST", scope="messages.send", success=202, body=fixed(**EMAIL)),
        )
    ),
    "api:campaign_test": deed(
        "campaigns.send",
        "campaign",
        success=202,
        body=lambda organization: {"to": [f"owner@{organization.slug}-people.test"]},
    ),
    "api:email_batch": deed("messages.send", body=fixed(emails=[EMAIL])),
    "api:email_raw": deed("messages.send", success=202, body=fixed(raw=RAW, to=["taro@gmail.test"])),
    "api:email": Route(
        takes=("submission",),
        calls=(
            Call(method="GET", scope="messages.read"),
            Call(method="PATCH", scope="messages.send", body=fixed(scheduled_at=TOMORROW)),
        ),
    ),
    "api:email_cancel": deed("messages.send", "submission"),
    # No server for our zone runs here.
    "accounts_api:domains": many("domains", fixed(name="mail.example.test"), success=502),
    # Mail was sent from it.
    "accounts_api:domain": one("domains", "domain", fixed(stream="marketing"), delete=409),
    "accounts_api:domain_verify": deed("domains.write", "domain", success=202),
    "accounts_api:senders": many(
        "domains", lambda world: {"address": f"other@news.{world.slug}.test", "name": "Other"}
    ),
    "accounts_api:sender": one("domains", "sender", fixed(name="Other")),
    "accounts_api:keys": many("keys", fixed(name="new", scopes=["keys.write"])),
    "accounts_api:key": Route(
        takes=("api_key",),
        calls=(
            Call(method="GET", scope="keys.read"),
            Call(method="DELETE", scope="keys.write", success=204),
        ),
    ),
    # It may send mail, which the one that asks may not.
    "accounts_api:key_rotate": deed("keys.write", "api_key", success=403),
    "accounts_api:credentials": many("credentials", fixed(name="Outlook 2")),
    "accounts_api:credential": Route(
        takes=("smtp_credential",),
        calls=(
            Call(method="GET", scope="credentials.read"),
            Call(method="PATCH", scope="credentials.write", body=fixed(daily_limit=2000)),
            Call(method="DELETE", scope="credentials.write", success=204),
        ),
    ),
    "accounts_api:members": read("members.read"),
    "accounts_api:member": one("members", "member", fixed(role="marketer")),
    "accounts_api:invitations": many("members", fixed(email="new@people.test", role="analyst")),
    "accounts_api:organization": Route(
        calls=(
            Call(method="GET", scope="organization.read"),
            Call(method="PATCH", scope="organization.write", body=fixed(legal_name="Acme GK")),
        )
    ),
    "accounts_api:audit_log": read("audit.read"),
    "accounts_api:invitation": Route(
        takes=("invitation",),
        calls=(
            Call(method="GET", scope="members.read"),
            Call(method="DELETE", scope="members.write", success=204),
        ),
    ),
    # It was mailed a moment ago.
    "accounts_api:invitation_resend": deed("members.write", "invitation", success=429),
    "accounts_api:jobs": read("exports.read"),
    "accounts_api:job": read("exports.read", "job"),
    # It is over.
    "accounts_api:job_cancel": deed("exports.write", "job", success=409),
    "accounts_api:job_file": read("exports.read", "job"),
    "tracking_api:domain_dmarc": read("domains.read", "domain"),
    "campaigns_api:fields": many("contacts", fixed(key="town", label="Town")),
    "campaigns_api:field": one("contacts", "contact_field", fixed(label="Town")),
    "campaigns_api:contacts": many("contacts", fixed(email="new@readers.test")),
    "campaigns_api:contacts_batch": deed("contacts.write", body=fixed(contacts=[{"email": "a@b.test"}])),
    "campaigns_api:contact": one("contacts", "contact", fixed(fields={"city": "x"})),
    "campaigns_api:contact_subscriptions": read("contacts.read", "contact"),
    "campaigns_api:contact_subscription": Route(
        takes=("contact", "mailing_list"),
        calls=(
            Call(
                method="PUT",
                scope="contacts.write",
                body=fixed(state="unsubscribed", reason="asked"),
            ),
        ),
    ),
    "campaigns_api:lists": many("lists", fixed(name="Other")),
    # Its list has people: it is archived, not deleted.
    "campaigns_api:list": one("lists", "mailing_list", fixed(name="Other"), delete=409),
    "campaigns_api:list_contacts": deed(
        "lists.write", "mailing_list", body=lambda world: {"contacts": [own("contact", world)]}
    ),
    "campaigns_api:suppressions": many(
        "suppressions", fixed(emails=["a@b.test"], reason="asked"), success=200
    ),
    "campaigns_api:suppression": Route(
        takes=("suppression",),
        calls=(
            Call(method="GET", scope="suppressions.read"),
            Call(method="DELETE", scope="suppressions.write", success=204, query="?reason=asked"),
        ),
    ),
    # Its body is a form: tests/campaigns/test_api_campaigns.py sends one.
    "campaigns_api:imports": many("contacts", fixed(), success=415),
    "campaigns_api:import": one("contacts", "contact_import", fixed(has_header=True)),
    # Nobody has checked it.
    "campaigns_api:import_start": deed("contacts.write", "contact_import", success=409),
    "campaigns_api:import_stop": deed("contacts.write", "contact_import", success=202),
    "campaigns_api:import_undo": deed("contacts.write", "contact_import", success=409),
    "campaigns_api:import_errors": read("contacts.read", "contact_import"),
    "campaigns_api:templates": many("templates", fixed(name="Letter")),
    "campaigns_api:template": one("templates", "template", fixed(name="Letter")),
    "campaigns_api:template_restore": deed("templates.write", "template"),
    "campaigns_api:template_duplicate": deed("templates.write", "template", success=201),
    "campaigns_api:campaigns": many("campaigns", fixed(name="Winter")),
    "campaigns_api:campaign": one("campaigns", "campaign", fixed(subject="Other")),
    "campaigns_api:campaign_check": read("campaigns.read", "campaign"),
    "campaigns_api:campaign_preview": read("campaigns.read", "campaign"),
    "campaigns_api:campaign_launch": deed("campaigns.send", "campaign", success=202, body=fixed()),
    "campaigns_api:campaign_unschedule": deed("campaigns.send", "campaign"),
    # It is a draft.
    "campaigns_api:campaign_pause": deed("campaigns.send", "campaign", success=409),
    "campaigns_api:campaign_resume": deed("campaigns.send", "campaign", success=409),
    "campaigns_api:campaign_cancel": deed("campaigns.send", "campaign", success=409),
    "campaigns_api:campaign_duplicate": deed("campaigns.write", "campaign", success=201),
    "campaigns_api:campaign_repeat": deed("campaigns.write", "campaign", success=409, body=fixed()),
    "campaigns_api:campaign_archive": deed("campaigns.write", "campaign"),
    "campaigns_api:campaign_unarchive": deed("campaigns.write", "campaign"),
    "tracking_api:webhooks": many("webhooks", fixed(url="https://hooks.example.com/other")),
    "tracking_api:webhook": one("webhooks", "webhook", fixed(description="Shop")),
    "tracking_api:webhook_secret": deed("webhooks.write", "webhook"),
    "tracking_api:webhook_pause": deed("webhooks.write", "webhook"),
    "tracking_api:webhook_enable": deed("webhooks.write", "webhook", body=fixed()),
    "tracking_api:webhook_test": deed("webhooks.write", "webhook", success=202, body=fixed(type="bounced")),
    "tracking_api:webhook_replays": deed(
        "webhooks.write",
        "webhook",
        success=202,
        body=fixed(since="2026-11-24T00:00:00Z", until="2026-11-24T01:00:00Z"),
    ),
    "tracking_api:webhook_calls": read("webhooks.read", "webhook"),
    "tracking_api:webhook_call": read("webhooks.read", "webhook", "webhook_call"),
    "tracking_api:webhook_resend": deed("webhooks.write", "webhook", "webhook_call", success=202),
    "tracking_api:messages": read("messages.read"),
    "tracking_api:message": read("messages.read", "message"),
    "tracking_api:campaign_stats": read("stats.read", "campaign"),
    "tracking_api:stats": read("stats.read"),
    "tracking_api:exports": many("exports", fixed(kind="contacts"), success=202),
}
SCOPES = sorted({call.scope for route in API.values() for call in route.calls})
