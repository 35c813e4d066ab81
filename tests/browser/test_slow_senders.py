"""Who sends a byte now and then holds up nobody else."""

import socket
from contextlib import ExitStack
from urllib.parse import urlsplit
from urllib.request import urlopen

from tests.browser.site import Site

#: More than the dashboard has threads.
SLOW = 12
HEAD = (
    "POST /accounts/login/ HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    "Content-Length: 100000\r\n\r\nlogin=a"
)


def test_slow_uploads_hold_up_no_page(site: Site) -> None:
    parts = urlsplit(site.web)
    with ExitStack() as stack:
        for _ in range(SLOW):
            slow = stack.enter_context(socket.create_connection((str(parts.hostname), parts.port or 80)))
            slow.sendall(HEAD.format(host=parts.netloc).encode())
        for _ in range(5):
            with urlopen(f"{site.web}/accounts/login/", timeout=20) as answer:
                assert answer.status == 200
