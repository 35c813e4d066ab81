"""What the frame of every page shows: navigation, organizations, the person."""

from dataclasses import dataclass
from functools import partial

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.permissions import Capability, allows
from accounts.selectors.membership import Member, memberships_of
from campaigns.selectors.pending import pending_campaigns


@dataclass(frozen=True, slots=True, kw_only=True)
class NavigationItem:
    """One line of the side bar; `icon` names a symbol of the sprite."""

    url: str
    label: str
    icon: str
    active: bool


def frame(request: HttpRequest) -> dict[str, object]:
    """Context of base.html; empty for strangers and for pages outside any organization."""
    member: Member | None = getattr(request, "member", None)
    # Error pages are rendered for requests that no middleware has seen.
    user = getattr(request, "user", None)
    operator = bool(user is not None and user.is_authenticated and getattr(user, "is_staff", False))
    if member is None:
        here = operator and request.path.startswith(reverse("ops:overview"))
        navigation = _operations(request.path) if here else []
        return {
            "navigation": navigation,
            "member": None,
            "memberships": memberships_of(int(user.pk)) if here and user is not None else [],
            "operator": operator,
            "operations": here,
        }
    return {
        "operator": operator,
        "navigation": _navigation(request.path, member),
        "member": member,
        "memberships": memberships_of(member.user_id),
        # Called by the frame alone: parts of a page that renew themselves do not ask.
        "pending": partial(pending_campaigns, tenant_id=member.tenant_id),
        "may_send": allows(member.role, Capability.CAMPAIGNS_SEND),
    }


def _operations(path: str) -> list[NavigationItem]:
    pages = (
        ("overview", _("Operations"), "home"),
        ("tenants", _("Organizations"), "building"),
        ("providers", _("Providers"), "world"),
        ("lanes", _("Lanes"), "list"),
        ("policies", _("Policies and rules"), "filter"),
        ("sources", _("Sending addresses"), "at"),
        ("hosts", _("Hosts and queue runs"), "device-desktop"),
        ("health", _("Health"), "shield-check"),
        ("jobs", _("Jobs"), "progress"),
        ("doubts", _("In doubt"), "alert-triangle"),
        ("message", _("Explain a message"), "search"),
        ("bounces", _("Doubtful bounces"), "mail-off"),
        ("mails", _("Mail to our roles"), "inbox"),
        ("restored", _("Restored copy"), "history"),
    )
    items = []
    for name, label, icon in pages:
        url = reverse(f"ops:{name}")
        active = path == url if name == "overview" else path.startswith(url)
        items.append(NavigationItem(url=url, label=label, icon=icon, active=active))
    return items


def _navigation(path: str, member: Member) -> list[NavigationItem]:
    slug = member.slug
    home = reverse("console:home", args=[slug])
    campaigns = reverse("tracking:campaigns", args=[slug])
    templates = reverse("campaigns:templates", args=[slug])
    media = reverse("campaigns:media", args=[slug])
    contacts = [reverse(f"campaigns:{name}", args=[slug]) for name in ("contacts", "lists", "fields")]
    messages = reverse("tracking:messages", args=[slug])
    domains = reverse("console:sending_domains", args=[slug])
    senders = reverse("console:senders", args=[slug])
    suppressions = reverse("campaigns:suppressions", args=[slug])
    jobs = reverse("console:jobs", args=[slug])
    settings = reverse("console:settings", args=[slug])
    return [
        NavigationItem(url=home, label=_("Home"), icon="home", active=path == home),
        NavigationItem(url=campaigns, label=_("Campaigns"), icon="send", active=path.startswith(campaigns)),
        NavigationItem(
            url=contacts[0],
            label=_("Contacts"),
            icon="address-book",
            active=path.startswith(tuple(contacts)),
        ),
        NavigationItem(
            url=suppressions, label=_("Suppressions"), icon="mail-off", active=path.startswith(suppressions)
        ),
        NavigationItem(
            url=templates,
            label=_("Templates"),
            icon="template",
            active=path.startswith((templates, media)),
        ),
        NavigationItem(url=messages, label=_("Message activity"), icon="mail", active=messages in path),
        *_reports(path, member),
        NavigationItem(
            url=domains,
            label=_("Sending domains"),
            icon="world",
            active=path.startswith((domains, senders)),
        ),
        *_developers(path, member),
        NavigationItem(url=jobs, label=_("Jobs"), icon="progress", active=path.startswith(jobs)),
        NavigationItem(url=settings, label=_("Settings"), icon="settings", active=path.startswith(settings)),
    ]


def _reports(path: str, member: Member) -> list[NavigationItem]:
    """For those who may read figures."""
    if not allows(member.role, Capability.REPORTS_VIEW):
        return []
    url = reverse("console:reports", args=[member.slug])
    return [NavigationItem(url=url, label=_("Reports"), icon="chart-bar", active=path.startswith(url))]


def _developers(path: str, member: Member) -> list[NavigationItem]:
    """For those whose role may enter."""
    if not allows(member.role, Capability.DEVELOPERS_EDIT):
        return []
    keys = reverse("console:keys", args=[member.slug])
    active = path.startswith(keys.removesuffix("keys/"))
    return [NavigationItem(url=keys, label=_("Developers"), icon="code", active=active)]
