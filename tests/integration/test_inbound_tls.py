"""STARTTLS at the inbound server: offered with a certificate, and a failed handshake takes nobody's place."""

import asyncio
import smtplib
import ssl
from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from delivery.inbound.address import token_keys
from delivery.inbound.certificate import server_context
from delivery.inbound.server import MAX_FROM_ONE, InboundServer
from relay_saas.simulator.recipients.post import Post
from tests.delivery.reports import report
from tests.integration.certificates import server_context as make_certificate
from tests.integration.organizations import make_organization
from tests.integration.test_inbound import address, inbound
from tests.integration.waiting import until

NAME = "inbound.relay.test"

pytestmark = pytest.mark.usefixtures("committed")


@pytest.fixture
def certificate(tmp_path: Path, settings: Any) -> Path:
    make_certificate(tmp_path, name=NAME)
    settings.RELAY_INBOUND_CERTIFICATE = str(tmp_path / "server.pem")
    return tmp_path / "server.pem"


@pytest.fixture
def server(certificate: Path) -> Iterator[InboundServer]:
    """With the certificate of the settings, in a thread of its own."""
    ready, found, stopping = Event(), [], []

    async def serve() -> None:
        stop = asyncio.Event()
        stopping.extend((asyncio.get_running_loop(), stop))
        running = InboundServer(
            address="127.0.0.1", port=0, host_name=NAME, keys=token_keys(), tls=server_context()
        )
        async with running:
            found.append(running)
            ready.set()
            await stop.wait()

    thread = Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    assert ready.wait(10)
    yield found[0]
    loop, stop = stopping
    loop.call_soon_threadsafe(stop.set)
    thread.join(20)
    assert not thread.is_alive()


def client_context(certificate: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(certificate))


def test_a_report_comes_over_tls(server: InboundServer, certificate: Path) -> None:
    shop = make_organization()
    with smtplib.SMTP("127.0.0.1", server.port, NAME, timeout=20) as client:
        client.ehlo()
        assert client.has_extn("starttls")
        # smtplib checks the certificate against the name that it connected to.
        client._host = NAME
        assert client.starttls(context=client_context(certificate))[0] == 220
        client.ehlo()
        assert not client.has_extn("starttls")
        assert not client.has_extn("auth")
        assert client.docmd("STARTTLS")[0] == 503
        client.sendmail("", [address(shop)], report())
    assert [mail.kind for mail in inbound(shop)] == ["dsn"]


def test_the_simulators_providers_take_it(server: InboundServer, caplog: pytest.LogCaptureFixture) -> None:
    shop = make_organization()
    caplog.set_level("INFO", "mail.log")
    post = Post(server=("127.0.0.1", server.port))
    sent = post.send(report(), to=address(shop), host="mx1.gmail.test", address="127.0.0.1")
    assert asyncio.run(sent) == 250
    assert len(inbound(shop)) == 1
    assert "STARTTLS" in caplog.text


def test_nobody_has_to_take_it(server: InboundServer) -> None:
    shop = make_organization()
    with smtplib.SMTP("127.0.0.1", server.port, timeout=20) as client:
        client.sendmail("", [address(shop)], report())
    assert len(inbound(shop)) == 1


@pytest.mark.parametrize("sent", [b"", b"this is no TLS at all\r\n"], ids=["hangs up", "speaks on in clear"])
def test_a_failed_handshake_frees_its_place(server: InboundServer, sent: bytes) -> None:
    for _ in range(MAX_FROM_ONE + 1):
        client = smtplib.SMTP("127.0.0.1", server.port, timeout=20)
        client.ehlo()
        assert client.docmd("STARTTLS")[0] == 220
        client.send(sent)
        client.close()
        until(lambda: not server._clients, what="the place")


def test_what_was_said_in_clear_behind_starttls_is_not_heard(
    server: InboundServer, certificate: Path
) -> None:
    """RFC 3207 §6: commands in the same packet are the attacker's."""
    with smtplib.SMTP("127.0.0.1", server.port, NAME, timeout=20) as client:
        client.ehlo()
        client.send(b"STARTTLS\r\nNOOP\r\n")
        assert client.getreply()[0] == 220
        client.sock = client_context(certificate).wrap_socket(client.sock, server_hostname=NAME)
        client.file = None
        assert client.docmd("HELP")[0] == 250
        assert client.docmd("MAIL", "FROM:<>")[0] == 503


def test_without_a_certificate_it_is_not_offered(settings: Any) -> None:
    settings.RELAY_INBOUND_CERTIFICATE = ""
    assert server_context() is None


def test_a_certificate_that_cannot_be_read_stops_the_start(certificate: Path, settings: Any) -> None:
    certificate.write_text("nothing")
    with pytest.raises(ImproperlyConfigured, match="RELAY_INBOUND_CERTIFICATE"):
        server_context()
