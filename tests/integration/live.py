"""The product behind a real HTTP port of this process."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connections
from django.test.testcases import LiveServerThread, _StaticFilesHandler


@contextmanager
def live_server() -> Iterator[str]:
    """Yields the address. Clients keep their connections, so threads outlive the server: none of them may
    keep one to the database, which could not be dropped at the end."""
    settings = connections.settings["default"]
    before, settings["CONN_MAX_AGE"] = settings["CONN_MAX_AGE"], 0
    server = LiveServerThread("127.0.0.1", _StaticFilesHandler)
    server.daemon = True
    server.start()
    server.is_ready.wait()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.terminate()
        settings["CONN_MAX_AGE"] = before
