"""The access table: one entry per route of the URL conf; a route without an entry fails the build."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from django.urls import URLPattern, URLResolver, get_resolver

from accounts.permissions import Capability
from tests.matrix.api_routes import API

Door = Literal["foreign", "public", "person", "tenant", "api", "resource", "operator", "token"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """Who may use a route, and how.

    `door`: public (anybody), person (signed in), tenant (a member with `capability`), api (a key with
    `scope`), resource (the same, for each method), operator (the staff), token (a scrape).
    """

    door: Door
    capability: Capability | None = None
    scope: str = ""
    method: str = "get"
    #: Of what the ids in the route are: fields of tests/matrix/world.py's Organization, kinds of things.py.
    takes: tuple[str, ...] = ()
    #: What a success answers.
    success: int = 200
    #: What a POST sends.
    data: dict[str, Any] = field(default_factory=dict)


def page(capability: Capability, *takes: str) -> Entry:
    """A page of an organization."""
    return Entry(door="tenant", capability=capability, takes=takes)


def form(capability: Capability, *takes: str, success: int = 422) -> Entry:
    """A POST of a form; the matrix sends an empty one, which most of them refuse with 422."""
    return Entry(door="tenant", capability=capability, method="post", takes=takes, success=success)


def change(capability: Capability, *takes: str, success: int = 302, **data: Any) -> Entry:
    """A POST that changes something of an organization; it answers with a redirect."""
    return Entry(door="tenant", capability=capability, method="post", takes=takes, success=success, data=data)


def deed(*takes: str, **data: object) -> Entry:
    """A POST that sends or stops mail; it answers with a redirect to the campaign."""
    return Entry(
        door="tenant",
        capability=Capability.CAMPAIGNS_SEND,
        method="post",
        takes=takes,
        success=302,
        data=data,
    )


def edit(*takes: str) -> Entry:
    """A POST that changes campaigns, a template or a picture; it answers with a redirect."""
    return Entry(door="tenant", capability=Capability.CAMPAIGNS_EDIT, method="post", takes=takes, success=302)


def domain_deed(*takes: str) -> Entry:
    """A POST that changes a domain or a sender."""
    return Entry(door="tenant", capability=Capability.DOMAINS_EDIT, method="post", takes=takes, success=302)


def save(*takes: str, **data: str) -> Entry:
    """A POST by which a page saves itself; it answers with the parts that change."""
    return Entry(
        door="tenant",
        capability=Capability.CAMPAIGNS_EDIT,
        method="post",
        takes=takes,
        data={"version": "1", **data},
    )


def import_deed() -> Entry:
    """A POST of the import wizard; it answers with a redirect to where the import stands."""
    return Entry(
        door="tenant",
        capability=Capability.CONTACTS_EDIT,
        method="post",
        takes=("contact_import",),
        success=302,
    )


def brake(*takes: str, **data: str) -> Entry:
    """A POST of an operator; it answers with a redirect to what it changed."""
    return Entry(door="operator", method="post", takes=takes, success=302, data={"reason": "a fire", **data})


#: The hour (UTC, as a time stamp) that operators decide about.
WRONG_HOUR = int(time.time()) // 3600 * 3600 - 3600
#: What the world's draft is warned about, by day and by night.
WARNINGS = ("not_tested", "night", "preheader_empty")
IN_A_WEEK = (datetime.now(UTC) + timedelta(days=7)).strftime("%Y-%m-%dT%H:%M")
OPERATOR = Entry(door="operator")
PUBLIC = Entry(door="public")
PERSON = Entry(door="person")

FOREIGN = (
    "postmark_email", "postmark_batch", "postmark_template", "postmark_template_batch", "resend_emails",
    "resend_batch", "resend_email", "resend_cancel",
)  # fmt: skip

TABLE: dict[str, Entry] = {
    "front_door": PUBLIC,
    "status": PUBLIC,
    "console:reports": page(Capability.REPORTS_VIEW),
    "healthz": PUBLIC,
    "openapi": PUBLIC,
    "api_docs": PUBLIC,
    "api_try": PUBLIC,
    "redoc": PUBLIC,
    "set_language": Entry(door="public", method="post", success=302),
    "account_login": PUBLIC,
    "account_logout": PUBLIC,
    "account_signup": PUBLIC,
    "account_inactive": PUBLIC,
    "account_change_password": PERSON,
    "account_set_password": PERSON,
    "account_reset_password": PUBLIC,
    "account_reset_password_done": PUBLIC,
    "account_reset_password_from_key": PUBLIC,
    "account_reset_password_from_key_done": PUBLIC,
    "account_email": PERSON,
    "account_email_verification_sent": PUBLIC,
    "account_reauthenticate": PERSON,
    "console:home": page(Capability.VIEW),
    "console:search": page(Capability.VIEW),
    "tracking:campaigns": page(Capability.VIEW),
    "tracking:campaign": page(Capability.VIEW, "campaign"),
    "tracking:campaign_live": page(Capability.VIEW, "campaign"),
    "tracking:report": Entry(
        door="tenant", capability=Capability.REPORTS_VIEW, takes=("campaign",), success=302
    ),
    "tracking:recipients": page(Capability.REPORTS_VIEW, "campaign"),
    "tracking:recipients_export": form(Capability.CONTACTS_EXPORT, "campaign", success=302),
    "tracking:contact_history": page(Capability.VIEW, "contact"),
    "tracking:dmarc": page(Capability.VIEW, "domain"),
    "tracking:messages": page(Capability.VIEW),
    "tracking:message": page(Capability.VIEW, "message"),
    "tracking:message_share": change(Capability.REPORTS_VIEW, "message"),
    "tracking:message_share_revoke": change(Capability.REPORTS_VIEW, "message", "message_share"),
    "message_shared": PUBLIC,
    "campaigns:templates": page(Capability.VIEW),
    "campaigns:template_new": page(Capability.CAMPAIGNS_EDIT),
    "campaigns:template": page(Capability.CAMPAIGNS_EDIT, "template"),
    "campaigns:template_html": page(Capability.VIEW, "template"),
    "campaigns:template_duplicate": edit("template"),
    "campaigns:template_archive": edit("template"),
    "campaigns:template_restore": edit("template"),
    "campaigns:template_use": edit("template"),
    "campaigns:media": page(Capability.VIEW),
    "campaigns:media_upload": page(Capability.CAMPAIGNS_EDIT),
    "campaigns:media_item": page(Capability.VIEW, "media"),
    "campaigns:media_describe": edit("media"),
    "campaigns:media_delete": edit("media"),
    "media_file": PUBLIC,
    "campaigns:contacts": page(Capability.VIEW),
    "campaigns:contact_add": page(Capability.CONTACTS_EDIT),
    "campaigns:contacts_export": form(Capability.CONTACTS_EXPORT, success=302),
    "campaigns:contact": page(Capability.VIEW, "contact"),
    "campaigns:contact_edit": page(Capability.CONTACTS_EDIT, "contact"),
    "campaigns:contact_place": form(Capability.CONTACTS_EDIT, "contact"),
    "campaigns:contact_delete": page(Capability.CONTACTS_EDIT, "contact"),
    "campaigns:lists": page(Capability.VIEW),
    "campaigns:list_create": form(Capability.CONTACTS_EDIT),
    "campaigns:list": page(Capability.VIEW, "mailing_list"),
    "campaigns:list_rename": form(Capability.CONTACTS_EDIT, "mailing_list"),
    "campaigns:list_archive": form(Capability.CONTACTS_EDIT, "mailing_list", success=302),
    "campaigns:list_delete": form(Capability.CONTACTS_EDIT, "mailing_list", success=302),
    "campaigns:fields": page(Capability.VIEW),
    "campaigns:field_create": form(Capability.CONTACTS_EDIT),
    "campaigns:field_delete": form(Capability.CONTACTS_EDIT, "contact_field", success=302),
    "campaigns:field": page(Capability.CONTACTS_EDIT, "contact_field"),
    "campaigns:imports": page(Capability.CONTACTS_EDIT),
    "campaigns:import_new": page(Capability.CONTACTS_EDIT),
    "campaigns:import_file": page(Capability.CONTACTS_EDIT, "contact_import"),
    "campaigns:import_map": page(Capability.CONTACTS_EDIT, "contact_import"),
    "campaigns:import_check": page(Capability.CONTACTS_EDIT, "contact_import"),
    "campaigns:import_check_live": page(Capability.CONTACTS_EDIT, "contact_import"),
    "campaigns:import_live": page(Capability.CONTACTS_EDIT, "contact_import"),
    "campaigns:import_errors": page(Capability.CONTACTS_EDIT, "contact_import"),
    # One that has not begun leads to its first step.
    "campaigns:import": Entry(
        door="tenant", capability=Capability.CONTACTS_EDIT, takes=("contact_import",), success=302
    ),
    "campaigns:import_check_again": import_deed(),
    "campaigns:import_start": import_deed(),
    "campaigns:import_stop": import_deed(),
    "campaigns:import_undo": import_deed(),
    "campaigns:import_discard": import_deed(),
    "campaigns:suppressions": page(Capability.VIEW),
    "campaigns:suppressions_export": form(Capability.CONTACTS_EXPORT, success=302),
    "campaigns:suppressions_import": page(Capability.CONTACTS_EDIT),
    "campaigns:suppression_add": page(Capability.CONTACTS_EDIT),
    "campaigns:suppression_remove": page(Capability.CONTACTS_EDIT, "suppression"),
    "campaigns:campaign_new": page(Capability.CAMPAIGNS_EDIT),
    "campaigns:forecast": page(Capability.CAMPAIGNS_EDIT),
    "campaigns:setup": page(Capability.CAMPAIGNS_EDIT, "campaign"),
    "campaigns:setup_save": save("campaign", name="Winter"),
    "campaigns:audience": page(Capability.CAMPAIGNS_EDIT, "campaign"),
    "campaigns:audience_save": save("campaign"),
    "campaigns:design": page(Capability.CAMPAIGNS_EDIT, "campaign"),
    "campaigns:design_save": save("campaign", html_source="Hello"),
    "campaigns:design_preview": page(Capability.CAMPAIGNS_EDIT, "campaign"),
    "campaigns:design_text": page(Capability.CAMPAIGNS_EDIT, "campaign"),
    "campaigns:preview_example": page(Capability.VIEW, "campaign"),
    "campaigns:preview": page(Capability.VIEW, "campaign"),
    "campaigns:preview_html": page(Capability.VIEW, "campaign", "contact"),
    "console:sending_domains": page(Capability.VIEW),
    "console:domain_new": page(Capability.DOMAINS_EDIT),
    "console:sending_domain": page(Capability.VIEW, "domain"),
    "console:domain_check": domain_deed("domain"),
    "console:domain_remove": domain_deed("domain"),
    "console:domain_share_revoke": domain_deed("domain"),
    "console:domain_keys_change": domain_deed("domain"),
    "console:domain_keys_replace": domain_deed("domain"),
    "console:domain_zone": page(Capability.VIEW, "domain"),
    "console:senders": page(Capability.VIEW),
    "console:sender_new": page(Capability.DOMAINS_EDIT),
    "console:sender": page(Capability.DOMAINS_EDIT, "sender"),
    "console:sender_delete": domain_deed("sender"),
    "dns_share": PUBLIC,
    "dns_share_hosts": PUBLIC,
    "console:domain_hosts": page(Capability.VIEW, "domain"),
    "domain_report": PUBLIC,
    "dns_share_zone": PUBLIC,
    "console:stream_domain": Entry(
        door="tenant", capability=Capability.DOMAINS_EDIT, method="post", success=302
    ),
    "campaigns:pending": page(Capability.VIEW),
    "campaigns:review": page(Capability.VIEW, "campaign"),
    "campaigns:launch": deed("campaign", checked=WARNINGS),
    "campaigns:schedule": deed("campaign", checked=WARNINGS, at=IN_A_WEEK),
    "campaigns:undo": deed("campaign"),
    "tracking:campaign_estimate": page(Capability.VIEW, "campaign"),
    "tracking:campaign_test": page(Capability.CAMPAIGNS_SEND, "campaign"),
    "campaigns:duplicate": edit("campaign"),
    "campaigns:repeat": edit("campaign"),
    "campaigns:archive": edit("campaign"),
    "campaigns:unarchive": edit("campaign"),
    "campaigns:delete": edit("campaign"),
    "campaigns:tags": page(Capability.CAMPAIGNS_EDIT, "campaign"),
    "console:data_export": page(Capability.SETTINGS_EDIT),
    "console:jobs": page(Capability.VIEW),
    "console:job": page(Capability.VIEW, "job"),
    "console:job_live": page(Capability.VIEW, "job"),
    "console:job_file": page(Capability.CONTACTS_EXPORT, "job"),
    "console:job_cancel": change(Capability.CONTACTS_EXPORT, "job"),
    "account_invitation": PUBLIC,
    "console:settings": page(Capability.VIEW),
    "console:settings_save": change(
        Capability.SETTINGS_EDIT, name="Acme", locale="ja", time_zone="Asia/Tokyo"
    ),
    "console:members": page(Capability.VIEW),
    "console:invite": change(Capability.MEMBERS_EDIT, email="new@people.test", role="analyst"),
    "console:invitation_resend": change(Capability.MEMBERS_EDIT, "invitation"),
    "console:invitation_revoke": change(Capability.MEMBERS_EDIT, "invitation"),
    "console:member_role": change(Capability.MEMBERS_EDIT, "member", role="marketer"),
    "console:member_remove": change(Capability.MEMBERS_EDIT, "member"),
    "console:audit": page(Capability.AUDIT_VIEW),
    "console:audit_export": change(Capability.AUDIT_VIEW),
    "console:keys": page(Capability.DEVELOPERS_EDIT),
    "console:key_create": change(
        Capability.DEVELOPERS_EDIT, success=201, name="new", scopes=["messages.send"]
    ),
    "console:key_revoke": change(Capability.DEVELOPERS_EDIT, "api_key"),
    "console:key_rotate": change(Capability.DEVELOPERS_EDIT, "api_key", success=201),
    "console:smtp_credentials": page(Capability.DEVELOPERS_EDIT),
    "console:smtp_credential": page(Capability.DEVELOPERS_EDIT, "smtp_credential"),
    "console:smtp_credential_new": change(Capability.DEVELOPERS_EDIT, success=201, name="new", stream="1"),
    "console:smtp_credential_edit": change(
        Capability.DEVELOPERS_EDIT, "smtp_credential", name="renamed", stream="1"
    ),
    "console:smtp_credential_revoke": change(Capability.DEVELOPERS_EDIT, "smtp_credential"),
    "console:smtp_settings": page(Capability.DEVELOPERS_EDIT),
    "console:request_log": page(Capability.DEVELOPERS_EDIT),
    "console:api_reference": page(Capability.DEVELOPERS_EDIT),
    "campaigns:pause": deed("campaign"),
    "campaigns:resume": deed("campaign"),
    "campaigns:cancel": deed("campaign"),
    "ops:overview": OPERATOR,
    "ops:overview_live": OPERATOR,
    "ops:metrics": Entry(door="token"),
    "ops:providers": OPERATOR,
    "ops:provider": Entry(door="operator", takes=("provider",)),
    "ops:suspend": brake("provider"),
    "ops:expire": brake("provider", older_than="24"),
    "ops:tenants": OPERATOR,
    "ops:tenant": Entry(door="operator", takes=("tenant",)),
    "ops:tenant_stop": brake("tenant"),
    "ops:jobs": OPERATOR,
    "ops:health": OPERATOR,
    "ops:sources": OPERATOR,
    "ops:lanes": OPERATOR,
    "ops:policies": OPERATOR,
    "ops:lift": brake("policy"),
    "ops:stop": brake(what="all"),
    "ops:doubts": OPERATOR,
    "ops:hosts": OPERATOR,
    "ops:message": OPERATOR,
    "ops:bounces": OPERATOR,
    "ops:bounce_group": Entry(door="operator", success=302),
    "ops:bounce_undo": brake(what=f"77:{WRONG_HOUR}:x.1.1-no-such-mailbox"),
    "ops:bounce_confirm": brake(what=f"77:{WRONG_HOUR}:x.1.1-no-such-mailbox"),
    "ops:mails": OPERATOR,
    "ops:mail": Entry(door="operator", takes=("mail",)),
    "ops:mail_done": brake("mail"),
    "ops:restored": OPERATOR,
    "ops:restored_doubt": brake(),
    "ops:restored_resume": brake(),
    "tracking:webhooks": page(Capability.DEVELOPERS_EDIT),
    "tracking:webhook_new": page(Capability.DEVELOPERS_EDIT),
    "tracking:webhook": page(Capability.DEVELOPERS_EDIT, "webhook"),
    "tracking:webhook_edit": page(Capability.DEVELOPERS_EDIT, "webhook"),
    "tracking:webhook_rotate": change(Capability.DEVELOPERS_EDIT, "webhook", success=201),
    "tracking:webhook_test": change(Capability.DEVELOPERS_EDIT, "webhook"),
    "tracking:webhook_pause": change(Capability.DEVELOPERS_EDIT, "webhook"),
    "tracking:webhook_enable": change(Capability.DEVELOPERS_EDIT, "webhook"),
    "tracking:webhook_delete": change(Capability.DEVELOPERS_EDIT, "webhook"),
    "tracking:webhook_replay": page(Capability.DEVELOPERS_EDIT, "webhook"),
    "tracking:webhook_call": page(Capability.DEVELOPERS_EDIT, "webhook", "webhook_call"),
    "tracking:webhook_resend": change(Capability.DEVELOPERS_EDIT, "webhook", "webhook_call"),
    "tracking_api:events": Entry(door="api", scope="events.read"),
    "tracking_api:message_explain": Entry(door="api", scope="messages.read", takes=("message",)),
    "tracking_api:email_events": Entry(door="api", scope="messages.read", takes=("submission",)),
    # Several methods each: tests/matrix/api_routes.py.
    **{name: Entry(door="resource") for name in API},
    # In other services' words: tests/delivery/test_foreign_doors.py.
    **{f"foreign:{name}": Entry(door="foreign") for name in FOREIGN},
}


def routes() -> Iterator[str]:
    """The full names of all routes."""
    yield from _names(get_resolver().url_patterns, "")


def _names(patterns: list[URLPattern | URLResolver], space: str) -> Iterator[str]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            inner = f"{space}{pattern.namespace}:" if pattern.namespace else space
            yield from _names(pattern.url_patterns, inner)
        else:
            yield f"{space}{pattern.name}"


def missing(names: Iterator[str] | list[str], table: dict[str, Entry]) -> list[str]:
    """Routes that the table does not know."""
    return sorted(set(names) - set(table))
