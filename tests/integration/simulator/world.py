"""Starts the simulator as its own program, and speaks DNS and SMTP to it as a client would."""

import contextlib
import json
import os
import select
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dns.message
import dns.query
import dns.update

ROOT = Path(__file__).parents[3]
SENDER = "127.30.0.1"
MAIL = "MAIL FROM:<bounce-1@rp.news.acme.test>\r\n"


@dataclass(frozen=True, kw_only=True)
class World:
    """A running simulator."""

    folder: Path
    dns_port: int
    smtp_port: int
    mailboxes_port: int
    process: subprocess.Popen[bytes]

    def lines(self, name: str) -> list[dict[str, Any]]:
        """The lines of one of its logs."""
        path = self.folder / name
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def ask(self, name: str, rdtype: str, *, tcp: bool = False) -> dns.message.Message:
        """One query."""
        call = dns.query.tcp if tcp else dns.query.udp
        return call(dns.message.make_query(name, rdtype), "127.0.0.1", port=self.dns_port, timeout=5)

    def publish(self, zone: str, *records: tuple[str, int, str, str]) -> int:
        """Records by RFC 2136; returns the response code."""
        update = dns.update.UpdateMessage(zone)
        for name, ttl, rdtype, text in records:
            update.replace(name, ttl, rdtype, text)
        return dns.query.tcp(update, "127.0.0.1", port=self.dns_port, timeout=5).rcode()

    def connect(self, address: str, source: str = SENDER) -> "Client":
        """A session with a provider's host, its banner read."""
        client = Client(socket.create_connection((address, self.smtp_port), 5, (source, 0)))
        client.banner = client.reply()
        return client


#: Every client that a test made; a fixture closes them.
OPENED: list["Client"] = []


class Client:
    """A raw SMTP client: it sends exactly what it is told."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.sock.settimeout(5)
        self.buffer = b""
        self.banner = ""
        OPENED.append(self)

    def send(self, data: bytes | str) -> None:
        self.sock.sendall(data.encode() if isinstance(data, str) else data)

    def reply(self) -> str:
        """One whole reply, "" where the server has closed."""
        lines = []
        while True:
            while b"\r\n" not in self.buffer:
                chunk = self.sock.recv(65536)
                if not chunk:
                    return ""
                self.buffer += chunk
            line, _, self.buffer = self.buffer.partition(b"\r\n")
            lines.append(line.decode())
            if line[3:4] != b"-":
                return "\r\n".join(lines)

    def ask(self, data: bytes | str) -> str:
        self.send(data)
        return self.reply()

    def closed(self) -> bool:
        """Whether the server has closed (or reset) the connection."""
        try:
            return self.sock.recv(65536) == b""
        except ConnectionError:
            return True

    def start_tls(self) -> ssl.SSLSocket:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        assert self.ask("STARTTLS\r\n").startswith("220")
        secured = context.wrap_socket(self.sock)
        self.sock = secured
        return secured

    def deliver(self, recipient: str, message: bytes, mail: str = MAIL) -> str:
        """A whole transaction after EHLO; the reply to the first refused step, or to the dot."""
        for step in (mail, f"RCPT TO:<{recipient}>\r\n", "DATA\r\n"):
            reply = self.ask(step)
            if reply[0] not in "23":
                return reply
        return self.ask(message + b".\r\n")


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on, on any address."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("", 0))
        return [each.getsockname()[1] for each in sockets]


@contextlib.contextmanager
def simulator(folder: Path, scenario: str, *options: str) -> Iterator[World]:
    """A simulator that runs for as long as the block."""
    dns_port, smtp_port, mailboxes_port = free_ports(3)
    command = [sys.executable, "-m", "relay_saas.simulator", "--data", str(folder), "--scenario", scenario]
    command += [
        "--dns-port",
        str(dns_port),
        "--smtp-port",
        str(smtp_port),
        "--mailboxes-port",
        str(mailboxes_port),
    ]
    with subprocess.Popen([*command, *options], cwd=ROOT, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            ready, _, _ = select.select([process.stdout], [], [], 30)
            assert ready, "not ready in time"
            assert process.stdout.readline() == b"ready\n"
            yield World(
                folder=folder,
                dns_port=dns_port,
                smtp_port=smtp_port,
                mailboxes_port=mailboxes_port,
                process=process,
            )
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(15)


def wait_for(condition: Callable[[], Any], seconds: float = 15) -> Any:
    """What the condition gives as soon as it is true."""
    deadline = time.monotonic() + seconds
    while True:
        result = condition()
        if result:
            return result
        assert time.monotonic() < deadline, "the condition never held"
        time.sleep(0.02)


def alive(pid: int) -> bool:
    """Whether a process runs (a zombie does not)."""
    try:
        return (
            Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
            and os.kill(pid, 0) is None
        )
    except (FileNotFoundError, ProcessLookupError):
        return False
