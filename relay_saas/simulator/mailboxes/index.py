"""What the mailboxes hold: an index over the receivers' logs; the rest is read when asked for."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from relay_saas.simulator.tail import Follower, Line, numbered, read_message


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One message in one mailbox."""

    number: int
    #: Where its line begins in received-<number>.log.
    at: int
    time: float
    provider: str
    recipient: str


class MailIndex:
    """Mailboxes by address, messages newest first."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._followers: dict[Path, Follower] = {}
        self._mailboxes: dict[str, list[Entry]] = {}
        self._entries: dict[tuple[int, int], Entry] = {}
        self._verdicts: dict[tuple[int, int], int] = {}

    def refresh(self) -> None:
        """Take in what was appended to the logs."""
        for number, path in numbered(self._folder, "received"):
            for found in self._follower(path).read_all():
                line = found.line
                entry = Entry(
                    number=number,
                    at=found.at,
                    time=line["time"],
                    provider=line["provider"],
                    recipient=line["rcpt"].lower(),
                )
                self._entries[number, found.at] = entry
                self._mailboxes.setdefault(entry.recipient, []).append(entry)
        for number, path in numbered(self._folder, "verdicts"):
            for found in self._follower(path).read_all():
                self._verdicts[number, found.line["received"]] = found.at

    def _follower(self, path: Path) -> Follower:
        return self._followers.setdefault(path, Follower(path))

    @property
    def total(self) -> int:
        """How many messages there are in all mailboxes."""
        return len(self._entries)

    def providers(self) -> dict[str, int]:
        """Messages per provider."""
        return dict(sorted(Counter(entry.provider for entry in self._entries.values()).items()))

    def mailboxes(self, search: str = "", provider: str = "") -> list[tuple[str, Sequence[Entry]]]:
        """Addresses that contain `search`, with their messages; the mailbox with the newest mail first."""
        wanted = search.strip().lower()
        found = [
            (address, entries)
            for address, entries in self._mailboxes.items()
            if wanted in address and (not provider or entries[-1].provider == provider)
        ]
        return sorted(found, key=lambda pair: -pair[1][-1].time)

    def messages(self, address: str) -> list[Entry]:
        """The messages of one mailbox, newest first."""
        return list(reversed(self._mailboxes.get(address.lower(), ())))

    def entry(self, number: int, at: int) -> Entry | None:
        """One message, or None."""
        return self._entries.get((number, at))

    def envelope(self, entry: Entry) -> Line:
        """The receiver's line about a message."""
        return self._line(self._folder / f"received-{entry.number}.log", entry.at)

    def content(self, entry: Entry, most: int | None = None) -> bytes:
        """The message's bytes, at most so many."""
        line = self.envelope(entry)
        size = line["size"] if most is None else min(most, line["size"])
        return read_message(self._folder, entry.number, {**line, "size": size})

    def verdict(self, entry: Entry) -> Line | None:
        """The judge's line about a message, or None where it has not been judged."""
        at = self._verdicts.get((entry.number, entry.at))
        return None if at is None else self._line(self._folder / f"verdicts-{entry.number}.log", at)

    @staticmethod
    def _line(path: Path, at: int) -> Line:
        return next(Follower(path, at).read(most=1)).line
