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
    #: "ok", "refuse" (nothing listens), "hang" (accepts and never speaks) or "drop" (packets vanish).
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
    #: The provider's own words for each, {ip} filled in; empty: plain ones. All of them end the session.
    busy_reply: tuple[str, ...] = ()
    session_reply: tuple[str, ...] = ()
    recipients_reply: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Brake:
    """A limit that a provider enforces by refusing for a while, counted for each key by itself."""

    name: str
    #: What is counted: "address" (client), "dkim" (d= of a signature), "url" (host of a link), "sender"
    #: (domain of the return path), "recipient" or "all".
    by: str
    #: "connect", "mail", "rcpt" or "dot"; contents are known at "dot" alone.
    stage: str = "dot"
    #: Keys that it looks at; empty means every one.
    only: tuple[str, ...] = ()
    #: More than `most` in any `seconds` are refused.
    most: int = 0
    seconds: float = 1.0
    #: Once it has bitten, everything is refused for so many seconds.
    pause: float = 0.0
    #: How often it bites a key; 0 means without end.
    times: int = 0
    #: SMTP reply lines; {ip}, {key} and {rcpt} are filled in.
    reply: tuple[str, ...]
    #: What follows the reply: "" (the session goes on), "close" or "reset" (no reply at all, a TCP RESET).
    then: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Late:
    """Mail that was taken and comes back after all, as a report to its return path."""

    #: 0 to 1; which addresses it hits follows from the seed alone.
    share: float = 0.0
    #: Seconds after the delivery, the earliest and the latest report.
    delay: tuple[float, float] = (1.0, 5.0)
    #: Whose reports these look like: a key of `recipients.dsn.SHAPES`.
    shape: str = "postfix"
    #: The reply that the report quotes, {rcpt} filled in.
    reply: tuple[str, ...] = ("550 5.1.1 <{rcpt}>: User unknown",)


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
    #: "rcpt", or "dot": said once the message is there.
    stage: str = "rcpt"


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
    #: Mailboxes behind a gateway that does the same in the guise of a browser, HEAD before GET.
    gateways: float = 0.0
    #: Mailboxes whose provider fetches every picture on delivery, opened or not.
    prefetches: float = 0.0
    #: People who press "this is spam", and the shape of the report: "arf", "redacted" or "microsoft".
    complains: float = 0.0
    complaint: str = "arf"
    #: People who are out of office: a machine answers for them.
    away: float = 0.0
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
    #: Known and not wanted: the mailbox's own filter.
    filtered: Share = field(default_factory=Share)
    greylist: Share = field(default_factory=Share)
    deferred: Share = field(default_factory=Share)
    #: Answers to the final dot come `seconds` late for this share.
    slow: Share = field(default_factory=Share)
    brakes: tuple[Brake, ...] = ()
    late: Late = field(default_factory=Late)
    people: People = field(default_factory=People)
    faults: Faults = field(default_factory=Faults)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """All providers of one world."""

    name: str
    providers: tuple[Provider, ...]
