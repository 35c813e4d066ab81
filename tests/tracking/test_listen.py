"""`manage.py listen`: what the API tells arrives on the developer's machine, signed."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from standardwebhooks.webhooks import Webhook

from relay_saas.net.signature import new_secret
from tracking.management.listening import EventSource, NotListening, follow

EVENT = {
    "id": "evt_1",
    "type": "bounced",
    "timestamp": "2026-11-24T09:00:00Z",
    "sequence": 7,
    "data": {"to": "太郎"},
}


@contextmanager
def server(answers: list[tuple[int, Any]]) -> Iterator[tuple[str, list[Any]]]:
    """An HTTP server that gives these answers in turn, and keeps what it was asked."""
    got: list[Any] = []

    class Handler(BaseHTTPRequestHandler):
        def do(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            got.append((self.path, dict(self.headers.items()), body))
            status, document = answers[min(len(got), len(answers)) - 1]
            data = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do  # noqa: N815 - the names of the library

        def log_message(self, *_: Any) -> None:
            """Quietly."""

    running = HTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{running.server_port}", got
    finally:
        running.shutdown()
        thread.join()
        running.server_close()


def test_an_event_arrives_signed_and_the_next_question_begins_behind_it() -> None:
    pages = [(200, {"data": [EVENT], "next": "p1"}), (200, {"data": [], "next": "p2"})]
    secret = new_secret()
    with server(pages) as (api, asked), server([(204, {})]) as (mine, got):
        source = EventSource(api, "rly_live_x", {"type": "bounced"})
        (forwarded,) = [next(follow(source, forward=f"{mine}/hook?a=1", secret=secret))]
        source.ask()
    assert (forwarded.status, forwarded.event["id"]) == (204, "evt_1")
    path, headers, body = got[0]
    assert path == "/hook?a=1"
    assert Webhook(secret).verify(body, {key.lower(): value for key, value in headers.items()}) == EVENT
    assert "after=latest" in asked[0][0]
    assert "after=p1" in asked[1][0]
    assert asked[0][1]["Authorization"] == "Bearer rly_live_x"


def test_a_server_that_is_off_is_said_and_nothing_ends() -> None:
    with server([(200, {"data": [EVENT], "next": "p1"})]) as (api, _asked):
        source = EventSource(api, "k", {})
        forwarded = next(follow(source, forward="http://127.0.0.1:9/hook", secret=new_secret()))
    assert forwarded.status is None
    assert forwarded.problem


def test_a_bad_key_and_a_bad_address_end_it_with_a_sentence() -> None:
    with (
        server([(401, {"detail": "This key is not valid."})]) as (api, _asked),
        pytest.raises(CommandError, match="not valid"),
    ):
        call_command("listen", key="k", forward="http://127.0.0.1:9/", url=api)
    with pytest.raises(NotListening, match="no http"):
        EventSource("ftp://x", "k", {})
