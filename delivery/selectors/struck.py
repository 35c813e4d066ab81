"""Provisional suppressions of all organizations, in groups that are decided on as a whole."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from delivery.selectors.operations import ask
from relay_saas.web.errors import NotFound


@dataclass(frozen=True, slots=True, kw_only=True)
class Struck:
    """What one rule suppressed at one provider within one hour (UTC), and is provisional still."""

    provider_id: int
    rule: str
    hour: datetime
    addresses: int
    tenants: int
    first_at: datetime
    last_at: datetime
    #: When the last of them becomes final by itself.
    until: datetime
    #: One of the replies, addresses removed.
    detail: str

    @property
    def word(self) -> str:
        """The group as one word of a form; `struck_group` reads it."""
        return f"{self.provider_id}:{int(self.hour.timestamp())}:{self.rule}"

    @property
    def before(self) -> datetime:
        """The end of the hour."""
        return self.hour + timedelta(hours=1)


def struck() -> list[Struck]:
    """Newest hour first, at most 500 groups."""
    rows = ask("select * from ops_struck()")
    return [Struck(**row | {"detail": _reply(row["rule"], row["detail"])}) for row in rows]


def struck_group(word: str) -> Struck:
    """One group; raises NotFound where nothing of it is provisional any more."""
    for group in struck():
        if group.word == word:
            return group
    raise NotFound


def _reply(rule: str, detail: str) -> str:
    """The server's words without addresses; the rule stands before them."""
    words = detail.removeprefix(f"{rule}: ").split()
    return " ".join(word for word in words if "@" not in word)
