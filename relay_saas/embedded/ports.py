"""The ports of one running product, counted from PORT_BASE so that two can stand side by side."""

import socket
from dataclasses import dataclass

from relay_saas.embedded.exceptions import BadPortBase, PortTaken

LOCAL = "127.0.0.1"
EVERYWHERE = "0.0.0.0"  # noqa: S104 - only tried and let go: the simulator's hosts are addresses of 127.20.0.0/16
LAST = 65535
FIRST = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """Where each part listens."""

    base: int

    def __post_init__(self) -> None:
        if not FIRST <= self.base <= LAST - 100:
            raise BadPortBase(f"PORT_BASE must lie between {FIRST} and {LAST - 100}, not {self.base}")

    @property
    def web(self) -> int:
        """The dashboard and the API."""
        return self.base

    @property
    def edge(self) -> int:
        """Pixels, clicks and unsubscribe pages."""
        return self.base + 1

    @property
    def mailboxes(self) -> int:
        """The simulator's page of mailboxes."""
        return self.base + 2

    @property
    def smtp(self) -> int:
        """The simulator's mail servers, each on an address of its own."""
        return self.base + 25

    @property
    def inbound(self) -> int:
        """Where bounces and unsubscribe mail come back."""
        return self.base + 26

    @property
    def dns(self) -> int:
        """The simulator's name server, UDP and TCP."""
        return self.base + 53

    @property
    def submission(self) -> int:
        """Where customers' programs hand in their mail, by STARTTLS (587)."""
        return self.base + 87

    @property
    def submission_tls(self) -> int:
        """The same by TLS from the first octet (465)."""
        return self.base + 65

    def check_free(self) -> None:
        """Raises PortTaken where another program listens: its answers would pass for ours."""
        for name in ("web", "edge", "mailboxes", "inbound", "submission", "submission_tls", "dns"):
            _try(name, LOCAL, getattr(self, name), socket.SOCK_STREAM)
        _try("dns", LOCAL, self.dns, socket.SOCK_DGRAM)
        _try("smtp", EVERYWHERE, self.smtp, socket.SOCK_STREAM)


def _try(name: str, address: str, port: int, kind: socket.SocketKind) -> None:
    with socket.socket(socket.AF_INET, kind) as trial:
        if kind is socket.SOCK_STREAM:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((address, port))
        except OSError as error:
            raise PortTaken(
                f"port {port} ({name}) is taken: {error.strerror}; choose other ports with PORT_BASE=<number>"
            ) from error
