"""What a provider says to a sender or recipient: a decision by seeded chance and by what it remembers."""

import ipaddress
from dataclasses import dataclass, field

from relay_saas.simulator.chance import chance
from relay_saas.simulator.profiles.model import Provider, Share
from relay_saas.simulator.smtp.brakes import Brakes
from relay_saas.simulator.smtp.marks import link_hosts, signers

Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A reply that refuses, the rule it comes from, and what follows it: "", "close" or "reset"."""

    reply: bytes
    rule: str
    then: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Who asks for what, as far as the session has come."""

    client: str
    sender: str = ""
    recipient: str = ""
    content: bytes = b""

    def keys(self, by: str) -> tuple[str, ...]:
        """What a brake counts this for."""
        if by == "dkim":
            return signers(self.content)
        if by == "url":
            return link_hosts(self.content)
        plain = {
            "address": self.client,
            "sender": self.sender.rpartition("@")[2].lower(),
            "recipient": self.recipient.lower(),
            "all": "all",
        }
        return (plain[by],)


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
    _brakes: Brakes = field(init=False)

    def __post_init__(self) -> None:
        self._brakes = Brakes(self.provider.brakes)

    def braked(self, stage: str, asked: Asked, now: float) -> Refusal | None:
        """The refusal by a brake at this stage, or None."""
        bitten = self._brakes.bite(stage, asked.keys, now)
        if bitten is None:
            return None
        brake, key = bitten
        reply = reply_bytes(brake.reply, ip=asked.client, key=key, rcpt=asked.recipient)
        return Refusal(reply=reply, rule=brake.name, then=brake.then)

    def content(self, asked: Asked, now: float) -> Refusal | None:
        """The refusal after the final dot, or None where the message is taken."""
        return self._mailbox("dot", asked.recipient) or self.braked("dot", asked, now)

    def recipient(self, *, client: str, sender: str, recipient: str, now: float) -> Refusal | None:
        """The refusal of a RCPT, or None where the recipient is welcome; `now` in seconds."""
        domain = recipient.rpartition("@")[2].lower()
        if domain not in self.provider.domains:
            return Refusal(reply=reply_bytes(f"550 5.7.1 <{recipient}>: Relay access denied"), rule="relay")
        asked = Asked(client=client, sender=sender, recipient=recipient)
        refusal = self.braked("rcpt", asked, now) or self._mailbox("rcpt", recipient)
        if refusal is not None:
            return refusal
        deferred = self.provider.deferred
        if self._hit("deferred", deferred, recipient) and not self._refused.get(("deferred", recipient)):
            self._refused["deferred", recipient] = 1
            return Refusal(reply=reply_bytes(deferred.reply, rcpt=recipient), rule="deferred")
        return self._greylisted(client=client, sender=sender, recipient=recipient, now=now)

    def _mailbox(self, stage: str, recipient: str) -> Refusal | None:
        """What the mailbox itself has against it at this stage."""
        provider = self.provider
        for rule in ("unknown", "full", "filtered"):
            share: Share = getattr(provider, rule)
            if share.stage != stage or not self._hit(rule, share, recipient):
                continue
            if self._refuses_again(rule, share, recipient):
                return Refusal(reply=reply_bytes(share.reply, rcpt=recipient), rule=rule)
        return None

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
