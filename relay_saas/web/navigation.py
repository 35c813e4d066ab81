"""What the frame of every page shows around its content, as values for templates/base/base.html."""

from __future__ import annotations

from dataclasses import dataclass, field

from relay_saas.web.problems import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class NavigationItem:
    """One entry of the side bar or of the tenant switcher."""

    url: str
    label: Text
    #: A name in the icon sprite (scripts/vendor.py lists them).
    icon: str = ""
    #: The page shown is this one or lies under it.
    active: bool = field(default=False)
