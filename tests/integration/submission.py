"""A submission server in a thread, with a certificate of its own, and a client that says what it is told."""

import asyncio
import base64
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from typing import Self

import uvloop
from django.db import connection
from django.test import override_settings

from accounts.audit import SYSTEM
from accounts.services.smtp_credentials import create
from accounts.services.smtp_draft import CredentialDraft
from accounts.tenancy import tenant_scope
from delivery.models import Message, Submission
from delivery.submission.certificate import server_context
from delivery.submission.limits import Limits
from delivery.submission.server import SubmissionServer
from tests.integration.certificates import server_context as make_certificate
from tests.integration.organizations import Organization, make_organization

HOST = "smtp.relay.test"
#: A refused sign-in need not take a second here, nor a farewell three.
QUICK = Limits(failure=0.05, farewell=0.2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """An organization with a credential."""

    organization: Organization
    credential_id: int
    username: str
    password: str

    @property
    def sender(self) -> str:
        return f"shop@{self.organization.domain.name}"

    @property
    def plain(self) -> str:
        """The initial response of AUTH PLAIN."""
        return base64.b64encode(f"\0{self.username}\0{self.password}".encode()).decode()

    def letter(
        self, number: int | str = 1, *, body: str = "Hi", to: str = "taro@one.test", head: str = ""
    ) -> bytes:
        lines = (
            f"From: {self.sender}\r\nTo: {to}\r\nSubject: {number}\r\nMessage-ID: <{number}@shop>\r\n{head}"
        )
        return f"{lines}\r\n{body}\r\n".encode()

    def messages(self) -> list[str]:
        """The recipients in the ledger, in order; the campaign's own is not counted."""
        tenant_id = self.organization.tenant.pk
        with tenant_scope(tenant_id):
            rows = Message.objects.exclude(submission_id=None).order_by("id")
            return list(rows.values_list("rcpt", flat=True))

    def submissions(self) -> list[Submission]:
        with tenant_scope(self.organization.tenant.pk):
            return list(Submission.objects.order_by("id"))


def make_shop(**draft: object) -> Shop:
    organization = make_organization()
    credential, password = create(
        tenant_id=organization.tenant.pk,
        draft=CredentialDraft(name="shop", **draft),  # type: ignore[arg-type]
        actor=SYSTEM,
    )
    return Shop(
        organization=organization,
        credential_id=credential.pk,
        username=credential.username,
        password=password,
    )


@contextmanager
def serving(folder: Path, limits: Limits = QUICK, *, name: str = HOST) -> Iterator[SubmissionServer]:
    """In a thread and a loop of its own, as in production."""
    ready, found, stopping = Event(), [], []
    make_certificate(folder, name=name)
    with override_settings(RELAY_SUBMISSION_CERTIFICATE=str(folder / "server.pem")):
        tls = server_context()

    async def serve() -> None:
        stop = asyncio.Event()
        stopping.extend((asyncio.get_running_loop(), stop))
        running = SubmissionServer(
            address="127.0.0.1", port=0, tls_port=0, host_name=HOST, tls=tls, limits=limits
        )
        async with running:
            found.append(running)
            ready.set()
            await stop.wait()

    def run() -> None:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(serve())
        connection.close()

    thread = Thread(target=run)
    thread.start()
    assert ready.wait(10)
    try:
        yield found[0]
    finally:
        loop, stop = stopping
        loop.call_soon_threadsafe(stop.set)
        thread.join(20)
        assert not thread.is_alive()


class Client:
    """A socket; nothing is checked before it is sent."""

    def __init__(self, port: int, *, tls: bool = False) -> None:
        self.sock: socket.socket = socket.create_connection(("127.0.0.1", port), 10)
        self.buffer = b""
        if tls:
            self.encrypt()
        self.greeting = self.reply()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.sock.close()

    def encrypt(self) -> None:
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        self.sock = context.wrap_socket(self.sock, server_hostname=HOST)

    def send(self, octets: bytes) -> None:
        self.sock.sendall(octets)

    def reply(self) -> str:
        """The next reply with all its lines; "" where the server has hung up."""
        lines = []
        while True:
            while b"\n" not in self.buffer:
                try:
                    octets = self.sock.recv(65536)
                except (ConnectionError, ssl.SSLError):
                    octets = b""
                if not octets:
                    return "\n".join(lines)
                self.buffer += octets
            line, _, self.buffer = self.buffer.partition(b"\n")
            lines.append(line.decode().rstrip("\r"))
            if line[3:4] != b"-":
                return "\n".join(lines)

    def say(self, line: str | bytes) -> str:
        self.send((line.encode() if isinstance(line, str) else line) + b"\r\n")
        return self.reply()

    def starttls(self) -> Self:
        assert self.say("EHLO c.example").startswith("250")
        assert self.say("STARTTLS").startswith("220")
        self.encrypt()
        return self

    def sign_in(self, shop: Shop) -> Self:
        assert self.say("EHLO c.example").startswith("250")
        assert self.say(f"AUTH PLAIN {shop.plain}").startswith("235")
        return self

    def envelope(self, shop: Shop, *to: str) -> None:
        assert self.say(f"MAIL FROM:<{shop.sender}>").startswith("250")
        for one in to or ("taro@one.test",):
            assert self.say(f"RCPT TO:<{one}>").startswith("250")

    def data(self, letter: bytes) -> str:
        """DATA with a letter; the answer to its dot."""
        assert self.say("DATA").startswith("354")
        self.send(letter.replace(b"\r\n.", b"\r\n..") + b".\r\n")
        return self.reply()

    def deliver(self, shop: Shop, letter: bytes, *to: str) -> str:
        self.envelope(shop, *to)
        return self.data(letter)


def signed_in(server: SubmissionServer, shop: Shop) -> Client:
    """By TLS from the first octet."""
    return Client(server.ports[1], tls=True).sign_in(shop)


def queue_id(reply: str) -> str:
    """What a message is called that was taken."""
    assert reply.startswith("250 2.0.0 Ok: queued as em_"), reply
    return reply.rpartition(" ")[2]
