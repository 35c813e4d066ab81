"""The receivers' side: what they took, when they were offered it, how they judged it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID

from relay_saas.simulator.profiles.loader import load_scenario
from relay_saas.simulator.recipients.plan import plan
from relay_saas.simulator.recipients.reading import read
from relay_saas.simulator.tail import Follower, Line
from scripts.accounting.witness import Copy, copies, data_times, mailbox, token_message

#: The process table's seed of the simulator.
SEED = 1
ACTIONS = ("opened", "clicked", "unsubscribed", "scanned")


@dataclass(frozen=True, slots=True, kw_only=True)
class Receivers:
    """The folder of a running simulator; what was read once is not read again."""

    folder: Path
    _read: dict[Path, tuple[Follower, list[Line]]] = field(default_factory=dict)

    def copies(self, *addresses: str) -> list[Copy]:
        """Everything that was taken, or what was for these addresses."""
        wanted = {mailbox(address) for address in addresses}
        return [copy for copy in copies(self.folder) if not wanted or mailbox(copy.rcpt) in wanted]

    def offered_after(self, moment: float) -> list[tuple[str, float]]:
        """(recipient, seconds after `moment`) of every DATA that was opened later than that."""
        return [(rcpt, at - moment) for rcpt, at in data_times(self.folder) if at > moment]

    def verdicts(self) -> dict[str, Line]:
        """What the receivers' judge said, by envelope sender (one a message)."""
        return {line["mail_from"]: line for line in self._lines("verdicts")}

    def reactions(self) -> list[Line]:
        """What people and scanners did, so far."""
        return list(self._lines("reactions"))

    def reacted(self) -> set[tuple[str, str]]:
        """(Message-ID, action) of what people and scanners did so far."""
        return {(line["message_id"], line["action"]) for line in self.reactions()}

    def left_from(self, messages: set[str]) -> set[str]:
        """Who has unsubscribed from one of these messages by one click."""
        return {
            mailbox(line["rcpt"])
            for line in self.reactions()
            if line["action"] == "unsubscribed" and str(token_message(token_of(line["url"]))) in messages
        }

    def expected_reactions(self, scenario: Path) -> set[tuple[str, str]]:
        """(Message-ID, action) of all that will be done about what was taken so far."""
        habits = {provider.name: provider.people for provider in load_scenario(str(scenario)).providers}
        expected = set()
        for line in self._lines("received"):
            planned = plan(
                habits[line["provider"]], seed=SEED, recipient=line["rcpt"], message_id=line["message_id"]
            )
            expected |= {
                (line["message_id"], action) for action in ACTIONS if getattr(planned, action) is not None
            }
        return expected

    def _lines(self, kind: str) -> Iterator[Line]:
        for path in sorted(self.folder.glob(f"{kind}*.log")):
            follower, lines = self._read.setdefault(path, (Follower(path), []))
            lines += [found.line for found in follower.read_all()]
            yield from lines


def message_of(copy: Copy) -> UUID | None:
    """The message that a copy's envelope names."""
    return token_message(copy.mail_from.partition("@")[0])


def urls(copy: Copy) -> list[str]:
    """Every URL of a mail that leads to us, as a mail program finds them."""
    return list(read(copy.raw()).everything)


def unsubscribe_url(copy: Copy) -> str:
    """Its one-click address; empty where none is offered."""
    return read(copy.raw()).one_click


def token_of(url: str) -> str:
    """The token in one of our URLs."""
    return urlsplit(url).path.rpartition("/")[2].partition(".")[0]
