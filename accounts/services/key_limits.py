"""What an API key is limited to: simulation, sending domains, networks, a rate."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.utils.translation import gettext as _

from accounts.exceptions import BadKeySettings
from accounts.models import ApiKey, SendingDomain
from accounts.services.networks import networks_of, refuse_long
from relay_saas.web.problems import FieldProblem, pointer_to

MAX_RATE: Final = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyLimits:
    """`domains` empty: every verified one; `networks` empty: from everywhere; `rate` None: the usual."""

    test: bool = False
    domains: Sequence[str] = ()
    networks: Sequence[str] = ()
    rate: int | None = None


NO_LIMITS: Final = KeyLimits()


def limits_of(key: ApiKey) -> KeyLimits:
    """Those that a key has."""
    return KeyLimits(test=key.test, domains=key.domains, networks=key.networks, rate=key.rate)


def values_of(limits: KeyLimits) -> dict[str, Any]:
    """The columns' values, in the tenant's scope; raises BadKeySettings with every problem."""
    problems: list[FieldProblem] = []
    values = {
        "test": limits.test,
        "domains": _domains(limits, problems),
        "networks": networks_of(limits.networks, problems),
        "rate": limits.rate,
    }
    if limits.rate is not None and not 1 <= limits.rate <= MAX_RATE:
        detail = _("Give a whole number from 1 to %(most)s, or none.") % {"most": MAX_RATE}
        problems.append(FieldProblem(pointer="/rate", code="bad_limit", detail=detail))
    if problems:
        raise BadKeySettings(errors=problems)
    return values


def _domains(limits: KeyLimits, problems: list[FieldProblem]) -> list[str]:
    if not limits.domains:
        return []
    own = set(SendingDomain.objects.values_list("name", flat=True))
    found: dict[str, None] = {}
    for index, text in enumerate(limits.domains):
        name = text.strip().lower()
        if name not in own:
            detail = _("%(name)s is none of your sending domains. Add it there first, then verify it.")
            pointer = pointer_to("/domains", index)
            detail %= {"name": text[:100]}
            problems.append(FieldProblem(pointer=pointer, code="domain_unknown", detail=detail))
        found[name] = None
    refuse_long(len(found), "/domains", problems)
    return list(found)
