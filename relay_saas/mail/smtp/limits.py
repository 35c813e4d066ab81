"""How long each step may take and how much a server may say (RFC 5321 §4.5.3)."""

from dataclasses import dataclass

#: Octets of one reply line and of one reply; RFC 5321 asks for 512 a line.
MAX_LINE = 4 * 1024
MAX_REPLY = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """Seconds; each is an absolute deadline for one whole reply, never per byte."""

    connect: float = 30
    banner: float = 300
    ehlo: float = 300
    #: The TLS handshake.
    tls: float = 60
    mail: float = 300
    rcpt: float = 300
    data: float = 120
    #: The flush of each `BLOCK` octets of the body.
    block: float = 180
    #: Shorter waits are the commonest source of duplicates.
    dot: float = 600
    quit: float = 5


#: Octets of body that are flushed under one deadline.
BLOCK = 256 * 1024
