"""The parts of the settings and of the developers' pages, as far as a role may see them."""

from dataclasses import dataclass
from typing import Final

from django.urls import reverse
from django.utils.translation import gettext_lazy

from accounts.permissions import Capability, allows
from accounts.selectors.membership import Member
from relay_saas.web.problems import Text

_SETTINGS: Final[tuple[tuple[str, Text, Capability], ...]] = (
    ("settings", gettext_lazy("General"), Capability.VIEW),
    ("members", gettext_lazy("Members"), Capability.VIEW),
    ("audit", gettext_lazy("Audit log"), Capability.AUDIT_VIEW),
    ("data_export", gettext_lazy("Data"), Capability.SETTINGS_EDIT),
)
_DEVELOPERS: Final[tuple[tuple[str, Text, Capability], ...]] = (
    ("keys", gettext_lazy("API keys"), Capability.DEVELOPERS_EDIT),
    ("smtp_credentials", gettext_lazy("SMTP"), Capability.DEVELOPERS_EDIT),
    ("tracking:webhooks", gettext_lazy("Webhooks"), Capability.DEVELOPERS_EDIT),
    ("request_log", gettext_lazy("Request log"), Capability.DEVELOPERS_EDIT),
    ("api_reference", gettext_lazy("API reference"), Capability.DEVELOPERS_EDIT),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tab:
    """One part."""

    url: str
    label: Text
    active: bool


def settings_tabs(member: Member, current: str) -> list[Tab]:
    """The parts of the settings; `current` is the URL name of the page."""
    return _tabs(_SETTINGS, member, current)


def developer_tabs(member: Member, current: str) -> list[Tab]:
    """The parts of the developers' pages."""
    return _tabs(_DEVELOPERS, member, current)


def _tabs(pages: tuple[tuple[str, Text, Capability], ...], member: Member, current: str) -> list[Tab]:
    return [
        # A page of an app to the right is known by the name of its URL alone.
        Tab(
            url=reverse(name if ":" in name else f"console:{name}", args=[member.slug]),
            label=label,
            active=name == current,
        )
        for name, label, capability in pages
        if allows(member.role, capability)
    ]
