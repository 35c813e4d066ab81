"""What a mailbox provider is: its hosts, limits, refusals, faults and the people behind its mailboxes."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class MxHost:
    """One mail exchanger of a provider."""

    #: Host name, lower case, without the final dot.
    name: str
    preference: int = 10
    #: The loopback address on which it listens.
    address: str
    #: "ok", "refuse" (nothing listens) or "hang" (accepts and never speaks).
    behaviour: str = "ok"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one client may ask for; 0 means no limit."""

    connections_per_address: int = 20
    messages_per_session: int = 0
    #: Counts every RCPT command, refused ones too.
    recipients_per_session: int = 0
    recipients_per_message: int = 100
    message_bytes: int = 25_000_000
    idle_seconds: float = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A share of the recipient addresses that is refused, in the provider's own words."""

    #: 0 to 1; which addresses it hits follows from the seed alone.
    share: float = 0.0
    #: SMTP reply lines, the code included.
    reply: tuple[str, ...] = ()
    #: How many attempts are refused before one is taken; 0 means every one.
    attempts: int = 0
    #: Greylisting: seconds until the same (client /24, sender, recipient) is taken.
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """Shares of the recipients who react, and when."""

    opens: float = 0.0
    #: Of those who open: whose provider fetches the picture by its own proxy.
    proxied: float = 0.0
    clicks: float = 0.0
    unsubscribes: float = 0.0
    #: Mailboxes behind a scanner that fetches every URL at once.
    scanners: float = 0.0
    #: Seconds after the delivery, the earliest and the latest reaction.
    delay: tuple[float, float] = (1.0, 15.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """Odd behaviours of a host, each a literal reply or a time in seconds; empty means none."""

    banner: str = ""
    banner_delay: float = 0.0
    ehlo: str = ""
    mail: str = ""
    rcpt: str = ""
    dot: str = ""
    dot_delay: float = 0.0
    #: "DOT": the connection is reset once the answer to the final dot is out.
    rst_after: str = ""
    #: "servfail", "refused", "timeout" or "nxdomain" for the provider's domains.
    dns: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """One mailbox provider as the profile file describes it."""

    name: str
    title: str
    domains: tuple[str, ...]
    mx: tuple[MxHost, ...]
    #: The delay on the path, there and back.
    rtt_ms: float = 0.0
    #: "off", "on" or "expired" (offered with a certificate whose time is over).
    starttls: str = "off"
    pipelining: bool = True
    eightbit: bool = True
    smtputf8: bool = True
    #: Answers 354 to DATA although no recipient was accepted; the lone dot is then refused.
    data_without_recipient: bool = False
    limits: Limits = field(default_factory=Limits)
    unknown: Share = field(default_factory=Share)
    full: Share = field(default_factory=Share)
    greylist: Share = field(default_factory=Share)
    deferred: Share = field(default_factory=Share)
    #: Answers to the final dot come `seconds` late for this share.
    slow: Share = field(default_factory=Share)
    people: People = field(default_factory=People)
    faults: Faults = field(default_factory=Faults)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """All providers of one world."""

    name: str
    providers: tuple[Provider, ...]
