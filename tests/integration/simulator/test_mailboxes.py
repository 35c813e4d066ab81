"""The mailbox pages, read over HTTP: lists, one message, sandboxes, the way to the edge."""

import http.client
from collections.abc import Iterator
from urllib.parse import quote

import pytest

from tests.integration.simulator.edge_server import Edge, edge_server
from tests.integration.simulator.signed import letter
from tests.integration.simulator.world import World, simulator, wait_for

DOMAIN = "news.acme.test"
HOSTILE = '<p>Hi</p><script>alert(1)</script><img src="http://t.news.acme.test/o/seen.gif"><a href="http://t.news.acme.test/c/one?a=1&amp;b=2">one</a>'


@pytest.fixture(scope="module")
def edge() -> Iterator[Edge]:
    with edge_server() as edge:
        yield edge


@pytest.fixture(scope="module")
def world(edge: Edge, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    options = ("--no-recipients", "--edge", f"127.0.0.1:{edge.port}")
    with simulator(tmp_path_factory.mktemp("boxes"), "plain", *options) as world:
        assert "No mail yet" in get(world, "/")[2]
        client = world.connect("127.20.9.1")
        client.ask("EHLO mx1.relay.test\r\n")
        for recipient, subject in (("hanako@acme.test", "<b>Sale</b>"), ("hanako@acme.test", "Second")):
            message = letter(DOMAIN, recipient, subject=subject, body=HOSTILE)
            assert client.deliver(recipient, message).startswith("250")
        assert client.deliver("taro@wonka.test", b"Subject: plain\r\n\r\nonly text <i>\r\n").startswith("250")
        wait_for(lambda: len(world.lines("verdicts-1.log")) == 3)
        yield world


def get(
    world: World, path: str, method: str = "GET", body: bytes = b"", **headers: str
) -> tuple[int, dict, str]:
    connection = http.client.HTTPConnection("127.0.0.1", world.mailboxes_port, timeout=5)
    try:
        connection.request(method, path, body or None, headers)
        response = connection.getresponse()
        return response.status, dict(response.getheaders()), response.read().decode()
    finally:
        connection.close()


def message_path(world: World, recipient: str = "hanako@acme.test") -> str:
    """The path of that mailbox's newest message."""
    page = get(world, f"/mailboxes/{quote(recipient)}")[2]
    return page.partition('<li><a href="/messages/')[2].partition("?")[0].join(("/messages/", ""))


def test_the_list_can_be_searched(world: World) -> None:
    status, headers, page = get(world, "/")
    assert status == 200
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "Messages: 3, mailboxes: 2" in page
    page = get(world, "/?q=HANA")[2]
    assert "hanako@acme.test" in page
    assert "taro@wonka.test" not in page
    assert "No mailbox matches" in get(world, "/?q=%3Cscript%3E")[2]
    assert "<script>" not in get(world, "/?q=%3Cscript%3E")[2]


def test_pages_are_japanese_or_english(world: World) -> None:
    assert '<html lang="ja">' in get(world, "/", **{"Accept-Language": "ja,en;q=0.5"})[2]
    assert '<html lang="en">' in get(world, "/?lang=en", **{"Accept-Language": "ja"})[2]
    assert "受信箱一覧" in get(world, "/?lang=ja")[2]


def test_a_mailbox_lists_its_messages_escaped(world: World) -> None:
    page = get(world, "/mailboxes/hanako%40acme.test")[2]
    assert "Messages: 2" in page
    assert "&lt;b&gt;Sale&lt;/b&gt;" in page
    assert "<b>Sale" not in page
    assert get(world, "/mailboxes/nobody%40acme.test")[0] == 404


def test_a_message_is_shown_in_a_sandbox_without_any_request(world: World) -> None:
    path = message_path(world)
    page = get(world, path)[2]
    assert f'<iframe class="mail" sandbox="" src="{path}/html"' in page
    _, headers, frame = get(world, f"{path}/html")
    assert headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert "<script>alert(1)</script>" in frame
    assert '<img data-src="http://t.news.acme.test/o/seen.gif">' in frame


@pytest.mark.parametrize(
    ("tab", "text"),
    [
        ("text", "Hello in plain text"),
        ("source", "List-Unsubscribe-Post: List-Unsubscribe=One-Click"),
        ("verdicts", "DKIM Ed25519"),
        ("envelope", "bounce-1@rp.news.acme.test"),
    ],
)
def test_a_message_has_tabs(world: World, tab: str, text: str) -> None:
    status, _, page = get(world, f"{message_path(world)}?tab={tab}")
    assert status == 200
    assert text in page
    assert "<script>" not in page


def test_a_message_without_html_shows_its_text(world: World) -> None:
    page = get(world, message_path(world, "taro@wonka.test"))[2]
    assert "only text &lt;i&gt;" in page


def test_opened_as_recipient_the_tracking_urls_lead_to_the_edge(world: World, edge: Edge) -> None:
    path = message_path(world)
    page = get(world, f"{path}?as=recipient")[2]
    assert 'name="List-Unsubscribe" value="One-Click"' in page
    frame = get(world, f"{path}/html?as=recipient")[2]
    assert 'src="/as-recipient?url=http%3A%2F%2Ft.news.acme.test%2Fo%2Fseen.gif"' in frame
    assert 'href="/as-recipient?url=http%3A%2F%2Ft.news.acme.test%2Fc%2Fone%3Fa%3D1%26b%3D2"' in frame
    status, headers, body = get(world, "/as-recipient?url=http%3A%2F%2Ft.news.acme.test%2Fo%2Fseen.gif")
    assert (status, headers["Content-Type"], body) == (200, "image/gif", "GIF89a")
    assert edge.asked[-1].host == "t.news.acme.test"
    page = get(world, "/as-recipient?url=http%3A%2F%2Ft.news.acme.test%2Fc%2Fone")[2]
    assert "https://shop.example/&lt;b&gt;" in page


def test_the_edges_pages_stay_in_a_sandbox_and_lead_back_through_us(world: World, edge: Edge) -> None:
    address = "/as-recipient?url=http%3A%2F%2Ft.news.acme.test%2Fu%2Fgone"
    _, headers, page = get(world, address)
    assert headers["Content-Security-Policy"].startswith("sandbox allow-forms")
    assert f'action="{address}"' in page
    _, _, page = get(world, address, "POST", b"List-Unsubscribe=One-Click")
    assert "stopped &lt;b&gt;" in page
    assert (edge.asked[-1].method, edge.asked[-1].path) == ("POST", "/u/gone")


@pytest.mark.parametrize(
    "path",
    [
        "/nothing",
        "/messages/1/999999",
        "/messages/9/0/html",
        "/messages/1/abc",
        "/as-recipient?url=http%3A%2F%2F127.0.0.1%2F",
        "/as-recipient?url=file%3A%2F%2F%2Fetc%2Fpasswd",
        "/as-recipient",
    ],
)
def test_what_is_not_there_is_not_found(world: World, path: str) -> None:
    assert get(world, path)[0] == 404


def test_nothing_is_changed_by_other_methods(world: World) -> None:
    assert get(world, "/", "POST")[0] == 405
    assert get(world, "/", "HEAD")[2] == ""
