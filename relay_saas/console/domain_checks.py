"""What the page of a sending domain says beside its records: every check, our addresses, keys, and rules."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from accounts.models import AuditEvent, DkimKey, SendingDomain, SourceCheck
from accounts.selectors.check_words import NAMES, STATES, said
from accounts.selectors.domain_facts import key_facts, key_history, keys_of
from accounts.selectors.readiness import Requirement, readiness
from accounts.services.drift import pauses_at
from accounts.services.key_rotation import OVERLAP, announced_for
from relay_saas.web.problems import Text

#: Of our addresses as many are shown.
MOST_SOURCES: Final = 10
GROUPS: Final[Sequence[tuple[Text, tuple[str, ...]]]] = (
    (_("Who you are"), ("ownership", "dkim", "spf", "alignment", "dmarc")),
    (_("What comes back"), ("return_path", "tracking", "from_name")),
    (_("Reputation and more"), ("block_lists", "mta_sts", "tls_rpt", "bimi")),
)
_KEY_WORDS: Final[Mapping[str, tuple[str, Text]]] = {
    "signing": ("ok", _("Signs")),
    "announced": ("info", _("Announced")),
    "retired": ("neutral", _("Retired")),
    "reserve": ("neutral", _("In reserve")),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckRow:
    """One check: its state as icon and word, what was found, what to do, what DNS answered."""

    name: Text
    kind: str
    word: Text
    text: str
    deed: str
    found: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckGroup:
    """Checks under one heading."""

    title: Text
    rows: list[CheckRow]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRow:
    """One key and its moment: since when it signs, from when it will, until when it stays."""

    key: DkimKey
    kind: str
    word: Text
    since: datetime | None = None
    signs_from: datetime | None = None
    stays_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyStory:
    """The keys of a domain and what became of them."""

    rows: list[KeyRow]
    history: list[AuditEvent]
    #: Whether keys may be changed in the ordinary way now.
    may_begin: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Looks:
    """Everything beside the records."""

    groups: list[CheckGroup]
    looked_at: datetime | None
    requirements: list[Requirement]
    keys: KeyStory
    #: When sending is paused if the records stay as they are.
    pauses_at: datetime | None

    @property
    def verdict(self) -> str:
        """`ok`, `danger` where something is known to be missing, else `neutral`."""
        met = [requirement.met for requirement in self.requirements]
        return "danger" if False in met else "neutral" if None in met else "ok"


def looks_of(domain: SendingDomain) -> Looks:
    """Of one domain; called in the tenant's scope. Six queries."""
    keys = keys_of(domain)
    signing = frozenset(key.selector for key in keys if key.active)
    missing = [str(one["purpose"]) for one in domain.records if not one["ok"]]
    drifts = domain.state == SendingDomain.State.VERIFIED
    return Looks(
        groups=_groups(domain),
        looked_at=domain.looked_at,
        requirements=readiness(domain),
        keys=_story(domain, keys),
        pauses_at=pauses_at(missing, domain.drifting_since, signing=signing) if drifts else None,
    )


def _groups(domain: SendingDomain) -> list[CheckGroup]:
    kept = {str(one["code"]): one for one in domain.checks}
    groups = [
        CheckGroup(title=title, rows=[_row(NAMES[code], kept[code]) for code in codes if code in kept])
        for title, codes in GROUPS
    ]
    ours = [
        _row(f"{NAMES[str(one['code'])]}: {source.address}", one)
        for source in SourceCheck.objects.order_by("address")[:MOST_SOURCES]
        for one in source.results
    ]
    return [
        group for group in (*groups, CheckGroup(title=_("Our sending addresses"), rows=ours)) if group.rows
    ]


def _row(name: Text, check: Mapping[str, Any]) -> CheckRow:
    kind, word = STATES[str(check["state"])]
    text, deed = said(check)
    return CheckRow(
        name=name, kind=kind, word=word, text=text, deed=deed, found=tuple(map(str, check["found"]))
    )


def _story(domain: SendingDomain, keys: list[DkimKey]) -> KeyStory:
    rows = [_key_row(key) for key in keys]
    begun = any(not key.active and key.announced_at is not None for key in keys)
    reserve = any(not key.active for key in keys)
    return KeyStory(rows=rows, history=key_history(domain), may_begin=reserve and not begun)


def _key_row(key: DkimKey) -> KeyRow:
    state = key_facts(key)["state"]
    kind, word = _KEY_WORDS[state]
    announced, retired = key.announced_at, key.retired_at
    return KeyRow(
        key=key,
        kind=kind,
        word=word,
        since=key.signing_since,
        signs_from=announced + announced_for() if state == "announced" and announced else None,
        stays_until=retired + OVERLAP if state == "retired" and retired else None,
    )
