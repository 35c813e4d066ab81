"""The capability table: what each role of an organization may do. Routes name capabilities, never roles."""

from collections.abc import Iterable
from enum import StrEnum

from django.utils.translation import gettext_lazy as _

from accounts.models.api_key import KeyScope
from accounts.models.membership import Role


class Capability(StrEnum):
    """One thing that a person may be allowed to do."""

    VIEW = "view"
    CONTACTS_EDIT = "contacts.edit"
    CONTACTS_EXPORT = "contacts.export"
    CAMPAIGNS_EDIT = "campaigns.edit"
    CAMPAIGNS_SEND = "campaigns.send"
    CAMPAIGNS_APPROVE = "campaigns.approve"
    REPORTS_VIEW = "reports.view"
    DOMAINS_EDIT = "domains.edit"
    DEVELOPERS_EDIT = "developers.edit"
    MEMBERS_EDIT = "members.edit"
    SETTINGS_EDIT = "settings.edit"
    BILLING_EDIT = "billing.edit"
    AUDIT_VIEW = "audit.view"


#: What each is called on the page of members.
WORDS = {
    Capability.VIEW: _("see campaigns, contacts and messages"),
    Capability.CONTACTS_EDIT: _("edit and import contacts, lists and fields"),
    Capability.CONTACTS_EXPORT: _("export contacts and reports"),
    Capability.CAMPAIGNS_EDIT: _("write campaigns and templates"),
    Capability.CAMPAIGNS_SEND: _("send, pause and cancel campaigns"),
    Capability.CAMPAIGNS_APPROVE: _("approve campaigns"),
    Capability.REPORTS_VIEW: _("read reports"),
    Capability.DOMAINS_EDIT: _("set up sending domains"),
    Capability.DEVELOPERS_EDIT: _("make API keys and read the request log"),
    Capability.MEMBERS_EDIT: _("invite and remove members"),
    Capability.SETTINGS_EDIT: _("change the organization’s settings, export all data"),
    Capability.BILLING_EDIT: _("see and change billing"),
    Capability.AUDIT_VIEW: _("read the audit log"),
}

_EVERYBODY = {Capability.VIEW, Capability.REPORTS_VIEW}
_MARKETING = _EVERYBODY | {Capability.CONTACTS_EDIT, Capability.CONTACTS_EXPORT, Capability.CAMPAIGNS_EDIT}
_ADMIN = set(Capability) - {Capability.BILLING_EDIT}

CAPABILITIES: dict[Role, frozenset[Capability]] = {
    Role.OWNER: frozenset(Capability),
    Role.ADMIN: frozenset(_ADMIN),
    Role.MARKETER: frozenset(_MARKETING | {Capability.CAMPAIGNS_SEND}),
    Role.APPROVER: frozenset(_EVERYBODY | {Capability.CAMPAIGNS_APPROVE, Capability.CAMPAIGNS_SEND}),
    Role.ANALYST: frozenset(_EVERYBODY | {Capability.CONTACTS_EXPORT}),
    Role.DEVELOPER: frozenset(_EVERYBODY | {Capability.DEVELOPERS_EDIT, Capability.DOMAINS_EDIT}),
    Role.BILLING: frozenset({Capability.VIEW, Capability.BILLING_EDIT}),
}


def allows(role: Role, capability: Capability) -> bool:
    """Whether `role` has `capability`."""
    return capability in CAPABILITIES[role]


def covers(role: Role, other: Role) -> bool:
    """Whether `role` may do all that `other` may: only then it may give, change or take away that role."""
    return CAPABILITIES[role] >= CAPABILITIES[other]


#: Scopes beyond what everybody may do who makes keys.
_BEYOND = {
    KeyScope.MEMBERS_WRITE.value: Capability.MEMBERS_EDIT,
    KeyScope.ORGANIZATION_WRITE.value: Capability.SETTINGS_EDIT,
    KeyScope.AUDIT_READ.value: Capability.AUDIT_VIEW,
}


def may_issue(role: Role, scopes: Iterable[str]) -> bool:
    """Whether `role` may make a key of these scopes: with one that changes members it could raise itself."""
    return all(allows(role, _BEYOND[scope]) for scope in scopes if scope in _BEYOND)
