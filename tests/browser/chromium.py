"""Debian's Chromium for the tests: where it is, how it is started, and what it means when it is missing."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome-stable")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    # One page is seen at a time: a process for every page that comes would cost more than the page.
    "--renderer-process-limit=1",
    # The recipient's pages live on the tenants' tracking hosts; nothing else has a name here.
    "--host-resolver-rules=MAP *.test 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)


def find_or_none() -> str | None:
    """The browser's path."""
    return next(filter(None, map(shutil.which, NAMES)), None)


def find() -> str:
    """The browser's path; skips the test, or fails it where REQUIRE_BROWSER is set."""
    path = find_or_none()
    if path is not None:
        return path
    message = f"no browser: none of {', '.join(NAMES)} is installed (apt-get install chromium fonts-noto-cjk)"
    if os.environ.get("REQUIRE_BROWSER", "0") not in {"", "0"}:
        pytest.fail(message)
    pytest.skip(message)


@contextmanager
def chromium(path: str) -> Iterator[Browser]:
    """One browser process."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        browser.close()
