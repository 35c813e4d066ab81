"""A tiny tracking edge that writes down what it was asked."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True, kw_only=True)
class Asked:
    method: str
    host: str
    path: str
    agent: str
    kind: str
    body: bytes


@dataclass(kw_only=True)
class Edge:
    """Where it listens, and every request so far."""

    port: int
    asked: list[Asked] = field(default_factory=list)

    def paths(self, method: str) -> list[str]:
        return [each.path for each in self.asked if each.method == method]


class _Server(ThreadingHTTPServer):
    edge: Edge


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        self._note(b"")
        if self.path.startswith("/c/"):
            self._answer(302, "text/plain", b"", {"Location": "https://shop.example/<b>"})
        elif self.path.endswith(".gif"):
            self._answer(200, "image/gif", b"GIF89a", {})
        else:
            page = b'<form method="post" action="/u/gone"><script>alert(1)</script></form>'
            self._answer(200, "text/html; charset=utf-8", page, {})

    def do_POST(self) -> None:
        self._note(self.rfile.read(int(self.headers["Content-Length"])))
        self._answer(200, "text/plain", b"stopped <b>", {})

    def _note(self, body: bytes) -> None:
        heads = self.headers
        self.server.edge.asked.append(
            Asked(
                method=self.command,
                host=heads.get("Host", ""),
                path=self.path,
                agent=heads.get("User-Agent", ""),
                kind=heads.get("Content-Type", ""),
                body=body,
            )
        )

    def _answer(self, status: int, kind: str, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in ({"Content-Type": kind, "Content-Length": str(len(body))} | headers).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: object) -> None:
        """Quiet."""


@contextmanager
def edge_server() -> Iterator[Edge]:
    """An edge for as long as the block: clicks are redirected, unsubscribe pages hold a form."""
    server = _Server(("127.0.0.1", 0), _Handler)
    server.edge = edge = Edge(port=server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield edge
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
