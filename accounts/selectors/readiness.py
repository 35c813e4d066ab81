"""What Gmail, Yahoo and Microsoft ask of bulk senders, and which of it a sending domain meets."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from accounts.models import DkimKey, SendingDomain, SourceCheck
from relay_saas.web.problems import Text

#: In percent: above the first they warn, above the second mail is refused.
COMPLAINTS_WARN: Final = 0.1
COMPLAINTS_MOST: Final = 0.3
#: Of fewer messages one complaint says nothing.
FEWEST_DELIVERED: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaints:
    """Messages of lately."""

    delivered: int
    complained: int

    @property
    def rate(self) -> float | None:
        """In percent; None where too few were delivered."""
        if self.delivered < FEWEST_DELIVERED:
            return None
        return 100 * self.complained / self.delivered


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """One thing that is asked for; `met` is None where it is not known (yet)."""

    code: str
    label: Text
    met: bool | None
    #: Whether the relay sees to it, not the organization.
    ours: bool = False


#: Who knows of complaints: the app that counts them adds its reader.
complaint_readers: list[Callable[[UUID], Complaints]] = []

_LABELS: Final[Mapping[str, Text]] = {
    "dkim": _("Mail is signed by your domain (DKIM)"),
    "spf": _("Our addresses may send for your return path (SPF)"),
    "dmarc": _("Your domain has a DMARC policy"),
    "alignment": _("Signature and return path belong to your From domain"),
    "ptr": _("Our sending addresses have names that lead back to them (PTR)"),
    "tls": _("Mail travels encrypted wherever possible"),
    "one_click": _("Unsubscribing takes one click (RFC 8058)"),
    "complaints": _("Fewer than 3 in 1,000 recipients complain"),
}


def readiness(domain: SendingDomain) -> list[Requirement]:
    """Every requirement; called in the tenant's scope."""
    # A closer look that is older than the look at the records says nothing of how they stand now.
    fresh = domain.looked_at is not None and domain.looked_at >= (domain.checked_at or domain.looked_at)
    checks = {str(one["code"]): one for one in domain.checks if fresh}
    met: dict[str, bool | None] = {
        "dkim": _both(_records(domain, _signing(domain)), _fine(checks.get("dkim"))),
        "spf": _both(_records(domain, {"return_path"}), _fine(checks.get("spf"))),
        "dmarc": _both(_records(domain, {"dmarc"}), _fine(checks.get("dmarc"))),
        "alignment": _fine(checks.get("alignment")),
        "ptr": _ptr(),
        "tls": True,
        "one_click": True,
        "complaints": _complaints(domain.tenant_id),
    }
    ours = {"ptr", "tls", "one_click"}
    return [
        Requirement(code=code, label=_LABELS[code], met=value, ours=code in ours)
        for code, value in met.items()
    ]


def unmet(domain: SendingDomain) -> list[Requirement]:
    """What is known to be missing; called in the tenant's scope."""
    return [requirement for requirement in readiness(domain) if requirement.met is False]


def complaints_of(tenant_id: UUID) -> Complaints:
    """Those of lately, of all that is counted."""
    found = [reader(tenant_id) for reader in complaint_readers]
    return Complaints(
        delivered=sum(one.delivered for one in found), complained=sum(one.complained for one in found)
    )


def _signing(domain: SendingDomain) -> set[str]:
    """The purposes of the records that the keys in use need."""
    keys = DkimKey.objects.filter(tenant_id=domain.tenant_id, domain=domain, active=True)
    return {f"dkim_{selector}" for selector in keys.values_list("selector", flat=True)}


def _records(domain: SendingDomain, purposes: set[str]) -> bool | None:
    found = [one for one in domain.records if one["purpose"] in purposes]
    if not found or any(one.get("unknown") for one in found):
        return None
    return all(one["ok"] for one in found)


def _fine(check: Mapping[str, Any] | None) -> bool | None:
    if check is None or check["state"] == "unknown":
        return None
    return bool(check["state"] != "problem")


def _both(first: bool | None, second: bool | None) -> bool | None:
    """False where either is; what the closer look does not know yet, the records tell."""
    if first is False or second is False:
        return False
    return first if second is None else second if first is None else True


def _ptr() -> bool | None:
    looked = [one for check in SourceCheck.objects.all() for one in check.results if one["code"] == "ptr"]
    states = {one["state"] for one in looked}
    if "problem" in states:
        return False
    return None if not states or "unknown" in states else True


def _complaints(tenant_id: UUID) -> bool | None:
    rate = complaints_of(tenant_id).rate
    return None if rate is None else rate < COMPLAINTS_MOST
