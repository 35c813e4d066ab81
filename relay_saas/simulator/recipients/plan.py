"""What a recipient does with a message: a plan by seeded chance, made before the message is even read."""

from dataclasses import dataclass

from relay_saas.simulator.chance import chance
from relay_saas.simulator.profiles.model import Late, People

SCAN_DELAY = 0.3
GATEWAY_DELAY = 0.6
PREFETCH_DELAY = 1.0
ACTIONS = (
    "opened",
    "clicked",
    "unsubscribed",
    "scanned",
    "gated",
    "prefetched",
    "complained",
    "answered",
    "bounced",
)


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
    #: A gateway in the guise of a browser tries every link.
    gated: float | None = None
    #: The provider fetches every picture, whoever reads.
    prefetched: float | None = None
    #: "This is spam."
    complained: float | None = None
    #: A machine answers for a person who is away.
    answered: float | None = None
    #: The provider sends it back.
    bounced: float | None = None

    @property
    def idle(self) -> bool:
        """Nobody reacts to this message."""
        return all(getattr(self, action) is None for action in ACTIONS)


def plan(people: People, *, seed: int, recipient: str, message_id: str, late: Late | None = None) -> Plan:
    """The plan for one message; the same seed, recipient and Message-ID give the same plan.

    What comes back as a bounce (`late`) has reached nobody.
    """
    address = recipient.lower()
    if late is not None and chance(seed, "late", address) < late.share:
        earliest, latest = late.delay
        when = chance(seed, "late when", address, message_id)
        return Plan(bounced=earliest + when * (latest - earliest))

    def draw(what: str) -> float:
        return chance(seed, what, address, message_id)

    def mailbox(what: str, share: float, seconds: float) -> float | None:
        # What stands before a mailbox is a matter of the mailbox, not of the message.
        return seconds if chance(seed, what, address) < share else None

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
        scanned=mailbox("scanner", people.scanners, SCAN_DELAY),
        gated=mailbox("gateway", people.gateways, GATEWAY_DELAY),
        prefetched=mailbox("prefetch", people.prefetches, PREFETCH_DELAY),
        complained=opened + 4 if draw("complain") < people.complains else None,
        answered=mailbox("away", people.away, earliest),
    )
