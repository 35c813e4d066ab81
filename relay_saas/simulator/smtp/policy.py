"""What a provider says to a sender or recipient: a decision by seeded chance and by what it remembers."""

import ipaddress
from dataclasses import dataclass, field

from relay_saas.simulator.chance import chance
from relay_saas.simulator.profiles.model import Provider, Share

Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A reply that refuses, and the rule it comes from."""

    reply: bytes
    rule: str


def reply_bytes(lines: tuple[str, ...] | str, **words: str) -> bytes:
    """Reply lines on the wire; the words fill placeholders such as {rcpt}."""
    texts = (lines,) if isinstance(lines, str) else lines
    filled = []
    for text in texts:
        for name, word in words.items():
            text = text.replace("{" + name + "}", word)  # noqa: PLW2901  # each placeholder in turn
        filled.append(text)
    return ("\r\n".join(filled) + "\r\n").encode("utf-8", "surrogateescape")


@dataclass(slots=True)
class Policy:
    """The refusals of one provider; it remembers what it deferred for as long as the process lives."""

    provider: Provider
    seed: int
    _first_seen: dict[Key, float] = field(default_factory=dict)
    _refused: dict[tuple[str, str], int] = field(default_factory=dict)

    def recipient(self, *, client: str, sender: str, recipient: str, now: float) -> Refusal | None:
        """The refusal of a RCPT, or None where the recipient is welcome; `now` in seconds."""
        domain = recipient.rpartition("@")[2].lower()
        if domain not in self.provider.domains:
            return Refusal(reply=reply_bytes(f"550 5.7.1 <{recipient}>: Relay access denied"), rule="relay")
        for rule, share in (("unknown", self.provider.unknown), ("full", self.provider.full)):
            if self._hit(rule, share, recipient) and self._refuses_again(rule, share, recipient):
                return Refusal(reply=reply_bytes(share.reply, rcpt=recipient), rule=rule)
        deferred = self.provider.deferred
        if self._hit("deferred", deferred, recipient) and not self._refused.get(("deferred", recipient)):
            self._refused["deferred", recipient] = 1
            return Refusal(reply=reply_bytes(deferred.reply, rcpt=recipient), rule="deferred")
        return self._greylisted(client=client, sender=sender, recipient=recipient, now=now)

    def dot_delay(self, recipient: str) -> float:
        """Seconds by which the answer to the final dot is late."""
        late = self.provider.slow.seconds if self._hit("slow", self.provider.slow, recipient) else 0.0
        return late + self.provider.faults.dot_delay

    def _hit(self, rule: str, share: Share, recipient: str) -> bool:
        """Unknown, full and the others are drawn independently, each from its own words."""
        return share.share > 0 and chance(self.seed, rule, recipient.lower()) < share.share

    def _refuses_again(self, rule: str, share: Share, recipient: str) -> bool:
        if not share.attempts:
            return True
        refused = self._refused.get((rule, recipient), 0)
        self._refused[rule, recipient] = refused + 1
        return refused < share.attempts

    def _greylisted(self, *, client: str, sender: str, recipient: str, now: float) -> Refusal | None:
        greylist = self.provider.greylist
        if not self._hit("greylist", greylist, recipient):
            return None
        key = (_network(client), sender, recipient)
        if now - self._first_seen.setdefault(key, now) >= greylist.seconds > 0:
            return None
        return Refusal(reply=reply_bytes(greylist.reply, rcpt=recipient), rule="greylist")


def _network(client: str) -> str:
    """The /24 (IPv4) or /64 (IPv6) of a client, as greylisting daemons key it."""
    prefix = 64 if ":" in client else 24
    return str(ipaddress.ip_network(f"{client}/{prefix}", strict=False))
