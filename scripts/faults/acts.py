"""What a receiver may do instead of answering: the proxy does it in its place, so many times."""

from dataclasses import dataclass, field

#: Points beside those of gates: the dot before it goes to the receiver, which then never has the message.
BEFORE_DOT = "before dot"

LATER = b"421 4.3.2 come back later\r\n"
HUGE = b"250-" + b"x" * 1_000_000 + b"\r\n250 ok\r\n"
BINARY = bytes(range(1, 10)) + bytes(range(128, 256)) * 20 + b"\r\n"
HTML = b"550 5.7.1 <script>alert(1)</script><b>refused</b>\r\n"


@dataclass(slots=True, kw_only=True)
class Act:
    """At `point`: say `words` in place of the answer, then close. Empty words only close.

    With a `pause` they are said byte by byte with so many seconds between, over and over, until the client
    leaves.
    """

    point: str
    times: int
    words: bytes = b""
    pause: float = 0.0
    #: Whom it has happened to, by message.
    to: list[str] | None = None
    #: With a pause: seconds until each of them had left.
    lasted: list[float] = field(default_factory=list)

    def strikes(self, point: str, message: str) -> bool:
        """Whether it happens now; counts."""
        if point != self.point or self.times <= 0:
            return False
        self.times -= 1
        self.to = [*(self.to or []), message]
        return True
