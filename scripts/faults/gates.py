"""Where the proxy stops a session: a gate takes so many connections at one point until it is opened."""

import asyncio
import threading
from dataclasses import dataclass, field

#: The points of a session at which a gate may stand. A reply's point is before it reaches the client.
CONNECT, MAIL, RCPT, DATA, BODY, DOT = "connect", "mail", "rcpt", "data", "body", "dot"


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A connection at a gate."""

    #: The client's end: address and port, which name its process.
    client: tuple[str, int]
    rcpt: str
    #: The message, by the envelope's token; "" before MAIL.
    message: str


@dataclass(slots=True, kw_only=True)
class Gate:
    """Holds up to `places` connections at `point`; the thread of the faults opens it, the proxy's waits."""

    point: str
    places: int
    held: list[Held] = field(default_factory=list)
    opened: threading.Event = field(default_factory=threading.Event)

    def takes(self, point: str) -> bool:
        """Whether a connection at this point is held now."""
        return point == self.point and not self.opened.is_set() and len(self.held) < self.places

    def open(self) -> None:
        """Lets all go on, and takes no more."""
        self.opened.set()

    async def wait(self) -> None:
        """Until it is opened."""
        while not self.opened.is_set():  # noqa: ASYNC110 - another thread opens it
            await asyncio.sleep(0.01)
