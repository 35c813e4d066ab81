"""What a recipient does with a message: a plan by seeded chance, made before the message is even read."""

from dataclasses import dataclass

from relay_saas.simulator.chance import chance
from relay_saas.simulator.profiles.model import People

SCAN_DELAY = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Seconds after the delivery at which each thing happens; None means never."""

    opened: float | None = None
    #: The picture is fetched by the provider's proxy.
    proxied: bool = False
    clicked: float | None = None
    #: A number in [0, 1) that picks the link.
    which_link: float = 0.0
    unsubscribed: float | None = None
    scanned: float | None = None

    @property
    def idle(self) -> bool:
        """Nobody reacts to this message."""
        return (self.opened, self.clicked, self.unsubscribed, self.scanned) == (None,) * 4


def plan(people: People, *, seed: int, recipient: str, message_id: str) -> Plan:
    """The plan for one message; the same seed, recipient and Message-ID give the same plan."""

    def draw(what: str) -> float:
        return chance(seed, what, recipient.lower(), message_id)

    earliest, latest = people.delay
    opened = earliest + draw("when") * (latest - earliest)
    clicks = draw("click") < people.clicks
    opens = clicks or draw("open") < people.opens
    return Plan(
        opened=opened if opens else None,
        proxied=draw("proxy") < people.proxied,
        clicked=opened + 2 + 5 * draw("thinking") if clicks else None,
        which_link=draw("link"),
        unsubscribed=opened + 3 if draw("unsubscribe") < people.unsubscribes else None,
        # Whether a mailbox has a scanner before it is a matter of the mailbox, not of the message.
        scanned=SCAN_DELAY if chance(seed, "scanner", recipient.lower()) < people.scanners else None,
    )
