"""What the frame of every page shows: navigation, organizations, the person."""

from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.selectors.membership import Member, memberships_of


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
    if member is None:
        return {"navigation": [], "member": None, "memberships": []}
    return {
        "navigation": _navigation(request.path, member.slug),
        "member": member,
        "memberships": memberships_of(member.user_id),
    }


def _navigation(path: str, slug: str) -> list[NavigationItem]:
    home = reverse("console:home", args=[slug])
    campaigns = reverse("tracking:campaigns", args=[slug])
    return [
        NavigationItem(url=home, label=_("Home"), icon="home", active=path == home),
        NavigationItem(url=campaigns, label=_("Campaigns"), icon="send", active=path.startswith(campaigns)),
    ]
